// Package simulated stands in for a language model where there is none, so that the machinery can run and be tested.
//
// It reads the facts of a request, not its words, and everything it says is marked as simulated. It is not a language
// model, and figures obtained with it say nothing about one.
//
// # Level 1
//
// Its proposals have the habits that were counted in 360 published proposals of deepseek-chat and in 866 of a 27B agent, both
// on karpathy/autoresearch. With s the discards since the last keep, a the age of the context in trials, and a window of
// the last 10 trials, the profile rut
//
//  1. at a = 1 doubles the batch size with probability 0.85;
//  2. with probability 0.10 (s at most 2), 0.40 (3 to 5), 0.75 (6 to 9) or 0.95 repeats a discarded proposal of the window,
//     with weight exp(-(bpb - min bpb)/0.003); times 0.3 while guidance or a hint's text is in force;
//  3. with probability 0.017 (a at most 10) or 0.002 takes a parameter whose trials in the window were all discarded, the
//     batch size first, and reverses its direction;
//  4. else stays on the last parameter with probability 0.65 (0.41 after a keep, 0.05 for the batch size), or draws one from
//     the table of habits;
//  5. keeps the last direction on the same parameter with probability 0.88 (0.98 for the batch size), else draws it from the
//     table;
//  6. steps by the factor in the table, scaled by one of 0.5, 1, 1, 1.5, and 60 % larger for each repeated failure in one
//     direction;
//  7. changes a second parameter in 3 % of proposals, and never more than three.
//
// Profile micro takes a quarter of the step. Profile unbiased draws parameters and directions evenly, without rules 1, 3 and
// the staying of 4, and repeats with 0.15 of the probability: a mechanism's worth depends on the proposer it corrects.
//
// What was not counted is chosen here: steps of parameters that do not go by ratios are a sixth of the range; a hint binds the
// draw to its parameters and direction, and so does advice in words as far as it names parameters; an answer that was
// refused makes the next one more careful (repeats 0.3 times as likely, steps 60 % larger, from the second refusal on
// nothing that is in the table). Draws are seeded by run seed, trial, call and attempt, so that paired runs share them
// until their views differ.
//
// # Level 1.5
//
// It freezes parameters whose trials were all discarded, three or more, frees all after ten discards in a row, and names
// the parameters and directions that were tried least.
//
// # Level 2
//
// It ranks its families of mechanisms by what the trace shows, leaves out those that the run has tried, and writes a program
// of the best with constants and structure from the trace and from chance. Profile hostile writes programs that misbehave,
// for tests of the guards.
package simulated
