//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// text is the tokens of a micro-batch on the device.
type text struct {
	ids            driver.Pointer // sequences x (T+1), int32
	starts, places driver.Pointer // tokens sorted by id, see sortTokens; V+1 and tokens, int32
	sequences, T   int
}

func (t text) tokens() int { return t.sequences * t.T }

// sortTokens lists the input tokens of rows of T+1 by id, in ascending order within one: those with id v are places[starts[v]] to
// places[starts[v+1]-1]. starts is V+1 long.
func sortTokens(rows []int32, T int, starts, places []int32) {
	clear(starts)
	for i := range places {
		starts[rows[i/T*(T+1)+i%T]+1]++
	}
	for v := 1; v < len(starts); v++ {
		starts[v] += starts[v-1]
	}
	// starts[v] moves to where v+1 starts as places fill; afterwards it is moved back.
	for i := range places {
		v := rows[i/T*(T+1)+i%T]
		places[starts[v]] = int32(i)
		starts[v]++
	}
	copy(starts[1:], starts[:len(starts)-1])
	starts[0] = 0
}

// embedArguments is EmbedArguments of source/embed.cu.
type embedArguments struct {
	table, ids, x, r driver.Pointer
	tokens, t, c     int32
	eps              float32
}

func (s *script) embed(table array, in text, x, r array) {
	launch(s, fmt.Sprintf("embed_%d", width(x.cols)), line(ceil(in.tokens(), rowsPerBlock)), 256, 0,
		embedArguments{table: table.at, ids: in.ids, x: x.at, r: r.at, tokens: int32(in.tokens()), t: int32(in.T), c: int32(x.cols), eps: gpt.NormEps})
}

// embedBackwardArguments is EmbedBackwardArguments of source/embed.cu.
type embedBackwardArguments struct {
	x, dskip, r, dx driver.Pointer
	tokens, c       int32
}

// embedBackward turns dx into the gradient of the gathered rows, in place, and adds it to the table's.
func (s *script) embedBackward(g array, in text, x, r, dx, dskip array) {
	launch(s, fmt.Sprintf("embed_backward_%d", width(x.cols)), line(ceil(x.rows, rowsPerBlock)), 256, 0,
		embedBackwardArguments{x: x.at, dskip: dskip.at, r: r.at, dx: dx.at, tokens: int32(x.rows), c: int32(x.cols)})
	s.scatter(g, in, dx, 0, 1, x.cols)
}

// scatterArguments is ScatterArguments of source/embed.cu.
type scatterArguments struct {
	g, d, gates, starts, places driver.Pointer
	v, c, stride, nh, hs        int32
	_                           int32
}

// scatter adds the rows of d to the rows of g that their tokens name, times gates where these are not 0.
func (s *script) scatter(g array, in text, d array, gates driver.Pointer, NH, HS int) {
	w := width(g.cols, d.stride, HS, int(d.at/sizeBF16))
	launch(s, fmt.Sprintf("scatter_%d", w), [3]int{ceil(g.rows, rowsPerBlock), ceil(g.cols, 32*w), 1}, 256, 0,
		scatterArguments{g: g.at, d: d.at, gates: gates, starts: in.starts, places: in.places,
			v: int32(g.rows), c: int32(g.cols), stride: int32(d.stride), nh: int32(NH), hs: int32(HS)})
}
