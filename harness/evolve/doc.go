// Package evolve is a run as its supervisor sees it: it answers the runner's questions, and replaces the runner when level
// 2 has made a better one or the one in charge fails.
//
// # The watch
//
// A mechanism that level 2 made is taken out of a run, and its predecessor comes back with the whole history, when it
//
//	errs, exceeds its time or memory, or talks nonsense    at once (quarantine; roll-back before its first finished trial)
//	decided nothing otherwise than its predecessor would   before the next cycle of level 2 and at the end (retire: inert)
//	does worse than its predecessor                        after any trial (retire: worse than)
//
// The last is a sequential test (worse.go). What a mechanism is worth in one run cannot be told from what it gained alone:
// gains diminish as a search goes on, whoever makes it, and ten trials of each hold a few gains. But the values of trials
// do not rise as a search goes on: they stay as they were or come down with the incumbent. So the test compares values: how
// many of the trials that only the new mechanism would have made lie above the worst of its predecessor's. A trial that
// ended without a value, or that a mechanism of itself made a second time though its end was known, lies above all. One
// that both would have made says nothing and is left out; so are pruned trials, and those that the model or the machine
// failed. A difference counts when it is more than two standard deviations of the noise of a difference.
//
// The evidence is a martingale where the values come from one distribution, and its mean is at most 1 where the new ones lie
// lower. So a mechanism whose values are no worse than its predecessor's is taken out with probability 1/20 at most,
// whatever the number of looks. It is taken out only if, besides, it made 8 such trials, and gained less than half of what
// its predecessor gained per trial beyond what noise explains. The rate is exact for trials that do not depend on each
// other. In searches they do; there it is measured, on the synthetic surfaces, by the tests of worse.go: 8 mechanisms that
// follow themselves in 25 searches of each of 4 families, 10 trials before and 20 after, are taken out in 1 of 800.
//
// What it finds, by the same tests: one that proposes what was tried is taken out by its tenth trial in 72 to 100 of 100
// searches, where its predecessor gained anything; uniformly random points in 52 to 68 of 100 searches on gptsim, and in
// fewer where good points are less rare.
//
// What it cannot tell: a mechanism that makes a design of more than 8 trials which would pay afterwards from one that never
// would, and may take it out (an orthogonal array of 8 trials stays, mostly). One that proposes well and discards what it
// should keep: its values do not rise. One that is a little worse, or worse in gains alone: it stays. Whether a predecessor
// that gained nothing real would do better: then nothing is taken out. And whether a mechanism is better than its
// predecessor: one run shows that of none.
package evolve
