//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"
	"strings"
)

// cost is the least that a launch must do: FLOPs on the matrix units, and bytes read and written once each.
type cost struct{ flops, bytes float64 }

func product(m, n, k, count float64, e matrixArguments) cost {
	out := map[int32]float64{store: 2, addAux: 4, relu2: 4, relu2Backward: 4, blend: 4, accumulate: 8, partial: 4}[e.epilogue]
	operands := 2 * (m*k + n*k) * count
	if e.part > 0 { // the parts share the operands
		operands /= count
		k /= count
	}
	return cost{2 * m * n * k * count, operands + out*m*n*count}
}

// seenKeys is how many keys the queries of a sequence of T see in all.
func seenKeys(T, window int) (seen float64) {
	for t := range T {
		seen += float64(min(t, window) + 1)
	}
	return seen
}

// costOf counts a launch from its arguments; the headers in source/ say the same by the token. Tables that stay in the cache are not
// counted.
func costOf(l launched) (cost, error) {
	f := func(n int32) float64 { return float64(n) }
	loss := func(a lossArguments) cost {
		if strings.Contains(l.name, "sums") {
			return cost{2 * f(a.tokens) * f(a.v) * f(a.c), 2*f(a.tokens)*f(a.c) + 2*f(a.v)*f(a.c)}
		}
		return cost{2 * f(a.rows) * f(a.v) * f(a.c), 2*f(a.rows)*(f(a.c)+f(a.v)) + 2*f(a.v)*f(a.c)}
	}
	qkv := func(a qkvProductArguments) cost {
		c := cost{6 * f(a.tokens) * f(a.c) * f(a.c), 8*f(a.tokens)*f(a.c) + 6*f(a.c)*f(a.c)}
		if a.values != 0 {
			c.bytes += 4 * f(a.tokens) * f(a.c)
		}
		return c
	}
	attention := func(a attentionArguments, sequences float64) cost {
		seen := seenKeys(int(a.t), int(a.window)) * sequences * f(a.nh) * f(a.hs)
		return cost{4 * seen, 8 * f(a.t) * sequences * f(a.nh) * f(a.hs)}
	}
	backward := func(a attentionBackwardArguments) cost {
		C := f(a.nh) * f(a.hs)
		seen := seenKeys(int(a.t), int(a.window)) * f(a.tokens) / f(a.t) * C
		switch {
		case strings.Contains(l.name, "along"):
			return cost{0, 4 * f(a.tokens) * C}
		case strings.Contains(l.name, "query"):
			return cost{6 * seen, 10 * f(a.tokens) * C}
		}
		return cost{8 * seen, 12 * f(a.tokens) * C}
	}
	muon := map[string]float64{"muon_momentum": 20, "muon_scale": 10, "muon_squares": 2, "muon_apply": 12}
	switch a := l.arguments.(type) {
	case matrixArguments:
		return product(f(a.m), f(a.n), f(a.k), float64(l.Grid[2]), a), nil
	case hopperMatrixArguments:
		return product(f(a.m.m), f(a.m.n), f(a.m.k), f(a.count), a.m), nil
	case lossArguments:
		return loss(a), nil
	case hopperLossArguments:
		return loss(a.l), nil
	case qkvProductArguments:
		return qkv(a), nil
	case hopperQKVArguments:
		return qkv(a.q), nil
	case attentionArguments:
		return attention(a, float64(l.Grid[2])), nil
	case hopperAttentionArguments:
		return attention(a.a, f(a.sequences)), nil
	case attentionBackwardArguments:
		return backward(a), nil
	case hopperAttentionBackwardArguments:
		return backward(a.a), nil
	case embedArguments:
		return cost{0, 6 * f(a.tokens) * f(a.c)}, nil
	case embedBackwardArguments:
		return cost{0, 8 * f(a.tokens) * f(a.c)}, nil
	case scatterArguments:
		return cost{0, 8 * f(a.v) * f(a.c)}, nil // and the tokens' rows, which addScatter knows
	case normArguments:
		if a.x0 != 0 {
			return cost{0, 8 * f(a.tokens) * f(a.c)}, nil
		}
		return cost{0, 4 * f(a.tokens) * f(a.c)}, nil
	case normBackwardArguments:
		if a.x0 != 0 {
			return cost{0, 16 * f(a.tokens) * f(a.c)}, nil
		}
		return cost{0, 8 * f(a.tokens) * f(a.c)}, nil
	case qkvArguments:
		return cost{0, 8 * f(a.tokens) * f(a.c)}, nil
	case qkvBackwardArguments:
		return cost{0, 12 * f(a.tokens) * f(a.c)}, nil
	case gateArguments:
		return cost{0, f(a.tokens) * (4*f(a.nh) + 2*f(a.gates))}, nil
	case natsArguments:
		return cost{0, 4 * f(a.tokens) * (f(a.tiles) + 3)}, nil
	case addPartsArguments:
		return cost{0, 4 * (f(a.count) + 2) * float64(a.size)}, nil
	case addColumnArguments:
		return cost{0, 4 * f(a.n) * float64(l.Grid[0])}, nil
	case adamwArguments:
		perNumber := 32.
		if a.copy != 0 {
			perNumber = 34
		}
		return cost{0, perNumber * float64(a.n)}, nil
	case muonArguments:
		if l.name == "muon_variance" {
			return cost{0, 8 * math.Max(f(a.rows), f(a.cols)) * float64(l.Grid[2])}, nil
		}
		return cost{0, muon[l.name] * f(a.rows) * f(a.cols) * float64(l.Grid[2])}, nil
	}
	return cost{}, fmt.Errorf("cuda: nothing is known of what %s costs", l.name)
}
