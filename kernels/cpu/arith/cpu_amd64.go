package arith

import "golang.org/x/sys/cpu"

// Vector reports whether the AVX2 and FMA assembly may run here. Both are asked for together, although Plain needs only
// AVX2: no processor was built with one of them that anybody trains on, and one condition is easier to reason about.
var Vector = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Wide reports whether the AVX-512 assembly may run here; it implies Vector. Wider registers change no bit.
var Wide = Vector && cpu.X86.HasAVX512F
