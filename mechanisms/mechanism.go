// Package mechanisms is the contract between the inner loop and the search procedure it runs.
//
// README.md says how to write a mechanism. Those written by hand are in the folders beside this file, one each, and in the
// list of package catalog (package catalog/full has all of them); mechtest holds each to the contract, surfaces measures how
// well it searches, and standin plays the language model for both.
package mechanisms

import "context"

// A Mechanism decides which point the inner loop tries next and whether the result replaces the incumbent.
//
// Its exported fields are its whole state: the loop stores them as JSON after every finished trial and loads them into a
// fresh value after a restart or a hand-over, so a field that JSON does not keep exactly is a field that is lost. Only
// Observe may change them. Propose and Accept must leave the mechanism, the view and everything the view points to as
// they were: both are also asked of mechanisms that are not in charge, to measure influence.
//
// For every trial the loop calls, from one goroutine and in this order,
//
//	Propose   once; more proposals may be made before the first result arrives (View.Pending holds them)
//	Accept    once, only if the trial is Complete and an incumbent exists
//	Observe   once, whatever became of the trial, in Seq order; the baseline (Seq 0, Kept) first
//
// A mechanism that takes over a run is first told every trial of its history by Observe, so state built there is whole.
// A trial that is not Complete may have a Point that is empty or outside the space; check before use.
//
// A mechanism that panics, exceeds its time or memory, or proposes outside the space is taken out of the run.
type Mechanism interface {
	// Propose returns the next point to try. Randomness comes only from v.Rand. Proposing a point that was tried before
	// costs a trial and teaches nothing; v.Tried tells. An error ends the mechanism's turn and the run reports it.
	Propose(ctx context.Context, v View) (Proposal, error)

	// Accept says whether t, which is Complete, replaces v.Incumbent as the point to search from. Keeping whatever is lower than
	// v.Incumbent.BPB is a good answer under noise too, since that is the mean of the incumbent's measurements. To want v.Noise
	// more than that loses gains: on surfaces with something to find it ended higher at every noise that was tried, and
	// lower only where there was nothing to gain (BenchmarkAcceptance of harness/noise).
	Accept(v View, t Trial) bool

	// Observe tells the mechanism a finished trial, with Kept set to what was decided. It is the only place to learn.
	Observe(t Trial)
}

// A Pruner is a Mechanism that can stop a hopeless trial before its budget is spent. The loop calls Prune after each
// point of the learning curve, between Propose and Accept; it must not change state. A pruned trial has Status Pruned
// and no value.
type Pruner interface {
	Prune(v View, p Proposal, curve []Sample) bool
}

// An Uphill is a Mechanism that on purpose accepts a trial no better than the incumbent at times, as annealing does.
// Uphill says in one sentence when and why. A mechanism without it that accepts a worse trial is taken to be mistaken.
type Uphill interface {
	Uphill() string
}

// A Sample is one point of a trial's learning curve.
type Sample struct {
	Fraction float64 `json:"fraction"` // share of the trial's budget spent, in (0, 1]
	BPB      float64 `json:"bpb"`      // bits per byte on a small fixed part of the validation text; lower is better
}

// An Entry names a mechanism that is compiled into a binary.
type Entry struct {
	Name string           // unique; a generated one ends in the first six hex digits of its source hash
	Doc  string           // one sentence: what idea it searches by
	Hash string           // sha256 of its source in hex, empty when written by hand
	New  func() Mechanism // a fresh mechanism with no history

	Provenance string // where it comes from, in the form of gen/provenance; empty when written by hand
}
