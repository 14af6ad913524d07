package mechanisms

// Incumbents returns, for each of trials, the incumbent it was measured against: the last trial before it that was Kept, or
// the zero Trial where there is none (the baseline). Trials are in Seq order from the baseline on.
func Incumbents(trials []Trial) []Trial {
	before := make([]Trial, len(trials))
	var incumbent Trial
	for k, t := range trials {
		before[k] = incumbent
		if t.Kept {
			incumbent = t
		}
	}
	return before
}

// Changed returns the indices of the parameters in which p and q differ, in Space order; nil unless both have one value per
// parameter, as a trial that got no further than its proposal may not.
func (s Space) Changed(p, q Point) []int {
	if len(p) != len(s.Params) || len(q) != len(s.Params) {
		return nil
	}
	var changed []int
	for i := range p {
		if p[i] != q[i] {
			changed = append(changed, i)
		}
	}
	return changed
}
