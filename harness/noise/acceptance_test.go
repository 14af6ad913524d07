package noise

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A judge is greedy with another verdict: a trial must be lower than the incumbent by margin standard deviations of the noise,
// and the incumbent's value is the mean over its first and one more measurement in every so many trials.
type judge struct {
	greedy.Greedy
	surface *surfaces.Surface
	seed    uint64
	margin  float64
	every   int // 0: the incumbent is measured once

	of   int
	sum  float64
	n    int
	last int // trial before which it was measured last
}

func (j *judge) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return j.Greedy.Propose(ctx, v)
}

func (j *judge) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if j.n == 0 || j.of != v.Incumbent.Seq {
		j.of, j.sum, j.n = v.Incumbent.Seq, v.Incumbent.BPB, 1
	}
	if at := t.Seq - 1; j.every > 0 && at > 0 && at%j.every == 0 && at != j.last {
		j.last = at
		j.sum += j.surface.Value(v.Incumbent.Point) + j.surface.Noise*mechanisms.Stream(j.seed, at, "again").NormFloat64()
		j.n++
	}
	return t.BPB < j.sum/float64(j.n)-j.margin*v.Noise
}

// BenchmarkAcceptance says how a trial should be judged where there is noise: the regret after 30 trials (1 is the default, 0 the
// optimum), and the paired difference from taking whatever is lower with its standard error, for margins and for an
// incumbent that is measured again. On flat, where nothing can be gained, regret is the loss in standard deviations.
//
//	go test ./harness/noise -run XXX -bench Acceptance -benchtime 1x
func BenchmarkAcceptance(b *testing.B) {
	const searches = 200
	for _, family := range surfaces.Families {
		for _, noise := range []float64{1, 5, 20} {
			plain := regrets(b, family, noise, searches, 0, 0)
			for _, c := range []struct {
				name   string
				margin float64
				every  int
			}{{"whatever is lower", 0, 0}, {"margin 1 sd", 1, 0}, {"margin 2 sd", 2, 0}, {"incumbent again every 5", 0, 5}} {
				b.Run(fmt.Sprintf("%s/noise x%g/%s", family.Name, noise, c.name), func(b *testing.B) {
					var mean, diff, square float64
					for k, r := range regrets(b, family, noise, searches, c.margin, c.every) {
						d := r - plain[k]
						mean, diff, square = mean+r/searches, diff+d/searches, square+d*d/searches
					}
					b.ReportMetric(0, "ns/op") // the time says nothing
					b.ReportMetric(mean, "regret30")
					b.ReportMetric(diff, "difference")
					b.ReportMetric(math.Sqrt((square-diff*diff)/(searches-1)), "standard-error")
				})
			}
		}
	}
}

func regrets(b *testing.B, family surfaces.Family, noise float64, searches int, margin float64, every int) []float64 {
	var all []float64
	for k := range searches {
		seed := uint64(1000 + k)
		s := family.New(seed)
		s.Noise *= noise
		e := mechanisms.Entry{Name: "judge", New: func() mechanisms.Mechanism { return &judge{surface: s, seed: seed, margin: margin, every: every} }}
		run, err := surfaces.Search(e, s, standin.Suggest, seed, surfaces.Trials, 1)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, run.Regret[len(run.Regret)-1])
	}
	return all
}
