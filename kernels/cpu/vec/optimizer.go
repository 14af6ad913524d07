package vec

// Nesterov updates the momentum, m = rest*(g-m) + m, and sets g to mu*(m-g) + g; rest is 1-mu.
func (u Unit) Nesterov(g, m []float32, mu float32) {
	m, rest := m[:len(g)], 1-mu
	if u.vector && len(g) > 0 {
		choose(u, plainNesterov, fmaNesterov)(len(g), &g[0], &m[0], mu, rest)
		return
	}
	for i, x := range g {
		m[i] = u.mode.Madd(rest, x-m[i], m[i])
		g[i] = u.mode.Madd(mu, m[i]-x, x)
	}
}

// Cautious moves a weight: p = p - d with d = rate*g, or pull*p + (rate*g) where g and p have one sign or either is zero.
func (u Unit) Cautious(p, g []float32, rate, pull float32) {
	g = g[:len(p)]
	if u.vector && len(p) > 0 {
		choose(u, plainCautious, fmaCautious)(len(p), &p[0], &g[0], rate, pull)
		return
	}
	for i, x := range g {
		d := float32(rate * x)
		if float32(x*p[i]) >= 0 {
			d = u.mode.Madd(pull, p[i], d)
		}
		p[i] -= d
	}
}

// AdamRates are the scalars of one step of Adam.
type AdamRates struct {
	A1, A2 float32 // 1-beta1, 1-beta2
	Size   float32 // rate/(1-beta1^step)
	Root   float32 // 1/sqrt(1-beta2^step)
	Eps    float32
}

// Adam moves a weight p by a gradient g (Kingma and Ba, arXiv 1412.6980, algorithm 1):
//
//	m = A1*(g-m) + m,  v = A2*((g*g)-v) + v,  p = p - Size*(m/(sqrt(v)*Root + Eps))
func (u Unit) Adam(p, g, m, v []float32, r AdamRates) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	if u.vector && len(p) > 0 {
		choose(u, plainAdam, fmaAdam)(len(p), &p[0], &g[0], &m[0], &v[0], r.A1, r.A2, r.Size, r.Root, r.Eps)
		return
	}
	for i, x := range g {
		m[i] = u.mode.Madd(r.A1, x-m[i], m[i])
		v[i] = u.mode.Madd(r.A2, float32(x*x)-v[i], v[i])
		p[i] = u.mode.Madd(-r.Size, m[i]/u.mode.Madd(root(v[i]), r.Root, r.Eps), p[i])
	}
}
