// Package gen turns a search's trace into a runner binary with a new mechanism: a dialogue with a language model, and a
// pipeline of gates between its source text and the binary.
//
// A build runs these processes, each with an environment that is spelled out, no network, bounded time and output:
//
//	bilevel evolve                  dialogue, parse, type-check, vet and wrap happen here, in milliseconds
//	├── go list, go build           once per version of the tool and toolchain, in the background while a baseline trains:
//	│   └── compile, link, ...      the runner without an overlay, and archives of all it is linked from
//	├── compile, compile, link      once per source: the mechanism, the runner's main package, the binary. Or, where that
//	│                               does not give the bytes of go build, or nothing is prepared: go build -overlay
//	│   (the following behind the kernel's walls: a process that puts them up becomes the binary)
//	├── runner each                 about, conform: the new binary says what is in it, and checks itself against the contract
//	├── runner each (twice)         replay: it decides on the recorded trace and on synthetic surfaces; must decide alike, not as
//	│                               before, not as a known mechanism, and do no harm on the surface where nothing can be gained
//	└── runner rehearse (twice)     decides on the live view and on a landscape over the run's space; the same is asked
//
// An ablation passes the sources of many runs through the same steps together:
//
//	bilevel ablate
//	├── compile                     once per source, as many at a time as there are processors
//	├── compile, link               once per batch: a runner that carries all of its mechanisms, each by its name
//	└── runner each                 verbs of many mechanisms in turn, in as many processes as processors, and in others what is
//	                                asked twice; what was answered before is not asked again
//
// What ends a process that had been asked other things before is asked again in one of its own.
//
// A review adds one for each family of surfaces:
//
//	bilevel mechanism review
//	└── runner bench                searches synthetic instances and prints its figures
//
// Everything is a function of the occasion and the model's replies: asked again with the same replies, the same invention
// comes out, by way of the build cache.
package gen
