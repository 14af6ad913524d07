// Package gpt trains one small GPT for a fixed budget and measures its validation bits per byte.
//
// The model, its optimizer and its schedules are those of karpathy/autoresearch's train.py. This package decides what is
// computed: the plan of a trial (Plan), its weights and their optimizer groups (Weight), its operations in order (Model), the
// step schedules and the loop (Train). A Backend decides how: it is handed the Model as data and runs it on its device.
//
// A trial is a function of (Hyper, Data, Budget, seed, Numerics, Backend.Numerics): the same values give the same bits,
// whatever the number of threads. Only a wall-clock budget breaks that.
//
// Letters mean the same everywhere: B sequences in a micro-batch, T tokens in a sequence, C channels, V vocabulary, NH
// heads, HS channels of a head, L layers.
package gpt

// Numerics is the version of the arithmetic that this package fixes: initialisation, schedules, order of operations,
// bits per byte. It is part of a trial's content: raise it when a change alters the bits of any result. A golden test
// of a tiny training run fails when that is forgotten.
const Numerics = "gpt-1"
