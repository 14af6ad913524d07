package command

import (
	"math"
	"strconv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// curveShares are the shares of a trial at which its learning curve has points: mechanisms compare the curves of trials at
// equal shares, and programs print when they like.
var curveShares = []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}

func (f *File) readCurve(top section) {
	if !top.has("curve") {
		return
	}
	p := top.pattern("curve", 0)
	if p == nil {
		return
	}
	for _, name := range p.SubexpNames()[1:] {
		switch name {
		case "value", "percent":
		case "":
			top.fault(top.keys["curve"], `task: curve has a group without a name; name the value's (?P<value>\S+), and write others (?:...)`)
			return
		default:
			top.fault(top.keys["curve"], "task: curve has the group %q, want (?P<value>...) and (?P<percent>...); other groups are written (?:...)", name)
			return
		}
	}
	switch {
	case p.SubexpIndex("value") < 0:
		top.fault(top.keys["curve"], `task: curve has no group for the value; name it: (?P<value>\S+)`)
	case p.SubexpIndex("percent") < 0 && f.Progress == nil:
		top.fault(top.keys["curve"], `task: curve does not tell how far the program is; add a group (?P<percent>\d+) to it, or the key progress`)
	default:
		f.Curve = p
	}
}

// A curve makes points at fixed shares of what a program prints on the way.
type curve struct {
	sign float64 // -1 where higher is better
	told func(mechanisms.Sample)

	share, value float64 // printed last
	begun        bool
	next         int // of curveShares
}

// print takes a value that was printed at a share. A point between two of them lies on the line that joins them; before the
// first there is none. Values that are no numbers, and shares that do not rise, are passed over.
func (c *curve) print(share, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) || !(share >= 0 && share <= 1) || c.begun && share <= c.share {
		return
	}
	for ; c.next < len(curveShares) && curveShares[c.next] <= share; c.next++ {
		at := curveShares[c.next]
		v := value
		switch {
		case at == share:
		case !c.begun:
			continue
		default:
			v = c.value + (value-c.value)*(at-c.share)/(share-c.share)
		}
		c.told(mechanisms.Sample{Fraction: at, BPB: c.sign * v})
	}
	c.share, c.value, c.begun = share, value, true
}

// look finds a point of the curve in a line of output. percent is what the line says of progress, empty for nothing.
func (o *output) look(text, percent string) {
	if o.file.Curve == nil || o.curve == nil {
		return
	}
	if share, ok := shareOf(percent); ok {
		o.share = share
	}
	m := o.file.Curve.FindStringSubmatch(text)
	if m == nil {
		return
	}
	share := o.share
	if i := o.file.Curve.SubexpIndex("percent"); i >= 0 {
		var ok bool
		if share, ok = shareOf(m[i]); !ok {
			return
		}
	}
	if v, err := strconv.ParseFloat(m[o.file.Curve.SubexpIndex("value")], 64); err == nil {
		o.curve.print(share, v)
	}
}

// shareOf reads a percentage.
func shareOf(percent string) (float64, bool) {
	v, err := strconv.ParseFloat(percent, 64)
	return v / 100, err == nil && v >= 0 && v <= 100
}
