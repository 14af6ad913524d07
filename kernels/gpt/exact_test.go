package gpt

import (
	"math"
	"testing"
)

func TestExactFunctionsAgreeWithMath(t *testing.T) {
	// A few units in the last place of float64; results are rounded to float32 afterwards.
	const ulps = 1e-15
	for i := range 200000 {
		x := float64(i)*0.0007 - 70
		if got, want := exactExp(x), math.Exp(x); math.Abs(got-want) > 4*ulps*want {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
		x = math.Exp(x)
		if got, want := exactLog(x), math.Log(x); math.Abs(got-want) > ulps*math.Max(math.Abs(want), 1) {
			t.Fatalf("log(%v) = %v, want %v", x, got, want)
		}
		x = float64(i) * 5.1234567
		s, c := exactSinCos(x)
		if math.Abs(s-math.Sin(x)) > 4*ulps || math.Abs(c-math.Cos(x)) > 4*ulps {
			t.Fatalf("sin, cos(%v) = %v, %v, want %v, %v", x, s, c, math.Sin(x), math.Cos(x))
		}
	}
}

func TestRopeTables(t *testing.T) {
	cos, sin := Rope(50, 12)
	for i := range cos {
		angle := float64(i/6) * math.Pow(RopeBase, -2*float64(i%6)/12)
		if math.Abs(float64(cos[i])-math.Cos(angle)) > 6e-8 || math.Abs(float64(sin[i])-math.Sin(angle)) > 6e-8 {
			t.Fatalf("position %d pair %d: cos %v sin %v, want %v and %v", i/6, i%6, cos[i], sin[i], math.Cos(angle), math.Sin(angle))
		}
	}
}

func TestInitialWeights(t *testing.T) {
	h := Hyper{Depth: 2, AspectRatio: 64, HeadDim: 64, WindowPattern: "L", TotalBatch: 64, DeviceBatch: 1}
	p, err := NewPlan(h, 64, 500)
	if err != nil {
		t.Fatal(err)
	}
	uniform := 1 / math.Sqrt(128.) // the standard deviation of ±sqrt(3/128)
	want := map[string]struct{ mean, std, most float64 }{
		"wte": {0, 1, 6}, "head": {0, 0.001, 0.006}, "resid": {1, 0, 1}, "skip": {0.1, 0, 0.1},
		"0.q": {0, uniform, math.Sqrt(3. / 128)}, "0.k": {0, uniform, math.Sqrt(3. / 128)}, "0.v": {0, uniform, math.Sqrt(3. / 128)},
		"0.fc": {0, uniform, math.Sqrt(3. / 128)}, "1.values": {0, uniform, math.Sqrt(3. / 128)},
		"0.o": {0, 0, 0}, "0.proj": {0, 0, 0}, "1.gate": {0, 0, 0},
	}
	for _, w := range p.weights(h) {
		c, ok := want[w.Name]
		if !ok {
			continue
		}
		delete(want, w.Name)
		x := make([]float32, w.Rows*w.Cols)
		w.initial(9, x)
		var sum, square, most float64
		for _, v := range x {
			sum += float64(v)
			square += float64(v) * float64(v)
			most = math.Max(most, math.Abs(float64(v)))
		}
		n := float64(len(x))
		mean, std := sum/n, math.Sqrt(math.Max(0, square/n-sum/n*sum/n))
		// Five standard errors of either, and float32's rounding.
		if math.Abs(mean-c.mean) > 5*c.std/math.Sqrt(n)+1e-7 || math.Abs(std-c.std) > 5*c.std/math.Sqrt(n)+1e-4*c.mean || most > c.most*(1+1e-6) {
			t.Errorf("%s: mean %.4g, deviation %.4g, largest %.4g, want %.4g, %.4g, at most %.4g", w.Name, mean, std, most, c.mean, c.std, c.most)
		}
		again, other := make([]float32, len(x)), make([]float32, len(x))
		w.initial(9, again)
		w.initial(10, other)
		if c.std > 0 && (again[3] != x[3] || other[3] == x[3]) {
			t.Errorf("%s: seeds 9, 9, 10 give %v, %v, %v, want the same for the same seed only", w.Name, x[3], again[3], other[3])
		}
	}
	if len(want) > 0 {
		t.Errorf("weights missing: %v", want)
	}
}
