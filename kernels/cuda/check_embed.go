//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// text draws sequences of tokens, with repeats.
func (b *bench) text(sequences, T, V int) (text, []int32) {
	rows := make([]int32, sequences*(T+1))
	for i := range rows {
		rows[i] = int32(b.rng.IntN(1 + b.rng.IntN(V)))
	}
	starts, places := make([]int32, V+1), make([]int32, sequences*T)
	sortTokens(rows, T, starts, places)
	return text{ids: b.ints(rows), starts: b.ints(starts), places: b.ints(places), sequences: sequences, T: T}, rows
}

// ids lists the input tokens, or the targets.
func ids(rows []int32, T, from int) []int32 {
	var all []int32
	for at := 0; at < len(rows); at += T + 1 {
		all = append(all, rows[at+from:at+from+T]...)
	}
	return all
}

func trialsEmbed() (all []trial) {
	for _, s := range []struct{ sequences, T, V, C int }{{1, 1, 2, 2}, {2, 5, 11, 18}, {3, 7, 30, 64}, {2, 9, 13, 520}} {
		all = append(all, trial{fmt.Sprint(s), func(b *bench) {
			in, rows := b.text(s.sequences, s.T, s.V)
			n := in.tokens()
			table, g := b.floats(s.V, s.C, b.normal), b.floats(s.V, s.C, b.normal)
			x, r := b.halves(n, s.C, s.C, constant(0)), b.floats(n, 1, constant(0))
			b.run(func(sc *script) { sc.embed(table.array, in, x.array, r.array) })
			tape := &kerneltest.Tape{}
			b.near("x", x, tape.Embed(leaf(tape, table), ids(rows, s.T, 0)).V, half, single)

			dx, dskip := b.halves(n, s.C, s.C, b.normal), b.halves(n, s.C, s.C, b.normal)
			d := make([]float64, len(dx.v))
			for i := range d {
				d[i] = dx.v[i] + dskip.v[i]
			}
			row := normGradient(b.read(x), d, b.read(r), s.C)
			b.run(func(sc *script) { sc.embedBackward(g.array, in, x.array, r.array, dx.array, dskip.array) })
			b.near("rows of the gradient", dx, row, half, single)
			want := slices.Clone(g.v)
			for i, v := range b.read(dx) {
				want[int(ids(rows, s.T, 0)[i/s.C])*s.C+i%s.C] += v
			}
			b.near("gradient of the table", g, want, 0, single)
		}})
	}
	return all
}
