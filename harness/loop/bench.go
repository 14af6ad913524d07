package loop

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Benchmark is how well the mechanisms of a binary search synthetic surfaces.
type Benchmark struct {
	Current Measurement  `json:"current"`
	Shadow  *Measurement `json:"shadow,omitempty"` // the mechanism it replaced
}

// A Measurement is of one mechanism.
type Measurement struct {
	Name    string             `json:"name"`
	Figures []surfaces.Figures `json:"figures"` // in the order of the families asked for
}

// bench reads a surfaces.Order and prints a Benchmark. A generated mechanism is compiled into its runner and nothing
// else, so this is the only place to measure it.
func bench(current, shadow mechanisms.Entry, in io.Reader, out io.Writer) error {
	var order surfaces.Order
	if err := json.NewDecoder(in).Decode(&order); err != nil {
		return fmt.Errorf("bench: no order on standard input: %w", err)
	}
	var b Benchmark
	var err error
	if b.Current, err = measure(order, current); err != nil {
		return err
	}
	if shadow.New != nil {
		m, err := measure(order, shadow)
		if err != nil {
			return err
		}
		b.Shadow = &m
	}
	return printJSON(out, b)
}

func measure(o surfaces.Order, e mechanisms.Entry) (Measurement, error) {
	figures, err := o.Measure(e)
	return Measurement{Name: e.Name, Figures: figures}, err
}
