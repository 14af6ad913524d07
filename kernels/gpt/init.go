package gpt

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
)

// initial fills dst with the first values of a weight. Each weight draws from a stream of its own, named by seed and
// weight, so that a change of depth leaves the layers that remain as they were.
func (w Weight) initial(seed uint64, dst []float32) {
	h := fnv.New64a()
	h.Write([]byte(w.Name))
	draw := normals{src: rand.NewPCG(seed, h.Sum64())}
	for i := range dst {
		x := w.Fill
		if w.Std != 0 {
			x += float64(w.Std * draw.next())
		}
		if w.Bound != 0 {
			x += float64(w.Bound * (2*draw.uniform() - 1))
		}
		dst[i] = float32(x)
	}
}

// normals draws standard normal numbers by Marsaglia's polar method, two at a time.
type normals struct {
	src   *rand.PCG
	spare float64
	full  bool
}

// uniform draws from [0,1) with 53 bits.
func (n *normals) uniform() float64 { return float64(n.src.Uint64()>>11) / (1 << 53) }

func (n *normals) next() float64 {
	if n.full {
		n.full = false
		return n.spare
	}
	for {
		a, b := 2*n.uniform()-1, 2*n.uniform()-1
		s := float64(a*a) + float64(b*b)
		if s > 0 && s < 1 {
			f := math.Sqrt(-2 * exactLog(s) / s)
			n.spare, n.full = b*f, true
			return a * f
		}
	}
}

// Initialise writes every weight of a model to a machine, drawn from the seed. Weights are drawn side by side, as many as there are
// processors, and written in order.
func Initialise(m Model, d Machine, seed uint64) error {
	next := make(chan chan []float32, runtime.GOMAXPROCS(0)) // each gives the numbers of one weight
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(next)
		for _, w := range m.Weights {
			numbers := make(chan []float32, 1)
			select {
			case next <- numbers:
			case <-stop:
				return
			}
			go func() {
				x := make([]float32, w.Rows*w.Cols)
				w.initial(seed, x)
				numbers <- x
			}()
		}
	}()
	i := W(0)
	for numbers := range next {
		if err := d.Write(i, <-numbers); err != nil {
			return err
		}
		i++
	}
	return nil
}
