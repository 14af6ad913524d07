package mechanisms

import "math"

// Fresh calls draw up to the given number of times and returns the first point that may be proposed (Allows) and was not
// tried, with true. When it finds none it returns the first point that may be proposed, or failing that the incumbent's,
// with false.
func (v View) Fresh(times int, draw func() Point) (Point, bool) {
	var allowed Point
	for range times {
		p := draw()
		if v.Allows(p) != nil {
			continue
		}
		if !v.Tried(p) {
			return p, true
		}
		if allowed == nil {
			allowed = p
		}
	}
	if allowed == nil {
		allowed = v.Incumbent.Point.Clone()
	}
	return allowed, false
}

// Uniform returns a random point: every free parameter uniform over its range (over its logarithm where it is Log or Pow2),
// frozen ones as the incumbent has them. It may break a constraint; Fresh looks for one that does not.
func (v View) Uniform() Point {
	p := v.Incumbent.Point.Clone()
	for _, i := range v.Free() {
		p[i] = v.Space.Params[i].draw(v.Rand.Float64())
	}
	return p
}

// Nudge returns p with parameter i changed at random, either way: by a normal step whose standard deviation is size, a share
// of the range (of its logarithm where the parameter is Log or Pow2), and at least to the next value where values are
// separate. A Choice becomes any other label. At an end of the range the step may lead nowhere; Fresh draws again.
func (v View) Nudge(p Point, i int, size float64) Point {
	q := v.Space.Params[i]
	if q.Kind == Choice {
		if q.Levels() < 2 {
			return p.Clone()
		}
		k := v.Rand.IntN(q.Levels() - 1)
		if k >= int(p[i]) {
			k++
		}
		return p.With(i, q.Level(k))
	}
	step := v.Rand.NormFloat64() * size
	dir := 1
	if step < 0 {
		dir = -1
	}
	return p.With(i, q.Move(p[i], dir, math.Abs(step)))
}

// draw maps u, uniform in [0, 1), to a value of the parameter with equal chances for separate values.
func (p Param) draw(u float64) float64 {
	if p.Kind == Choice || p.Kind == Pow2 || p.Kind == Int && !p.Log {
		return p.Level(int(u * float64(p.Levels())))
	}
	return p.FromUnit01(u)
}
