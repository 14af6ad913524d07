package cpu

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// BenchmarkStepOfPeak compares whole optimizer steps on one core with a loop of fused multiply-adds that wait for nothing, turn
// about. It counts the thread's own processor time and the best of each, so that it can be read on a busy machine.
// %peak is gpt.Plan.StepFLOPs over what the loop would have done in that time, %update the optimizer's share of a step.
func BenchmarkStepOfPeak(b *testing.B) {
	if !arith.Vector {
		b.Skip("this processor has no AVX2 and FMA")
	}
	for _, c := range stepShapes {
		for _, tokens := range []int{1024, 2048} {
			b.Run(fmt.Sprintf("%v/tokens=%d", c, tokens), func(b *testing.B) {
				r := newTrainer(b, New(arith.FMA, Config{Threads: 1}), c.hyper(tokens), 128, c.V)
				ofPeak(b, r)
			})
		}
	}
}

func ofPeak(b *testing.B, r *trainer) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r.step()
	const n = 1 << 17 // about 0.2 ms
	gradients, update, peak := math.Inf(1), math.Inf(1), math.Inf(1)
	for b.Loop() {
		gradients = min(gradients, processorTime(b, r.gradients))
		update = min(update, processorTime(b, r.update))
		for range 10 {
			peak = min(peak, processorTime(b, func() { mat.Peak(n) }))
		}
	}
	step := gradients + update
	b.ReportMetric(float64(r.plan.Tokens())/step, "tokens/s")
	b.ReportMetric(r.plan.StepFLOPs()/step/1e9, "GFLOP/s")
	b.ReportMetric(mat.PeakFLOPs(n)/peak/1e9, "peak-GFLOP/s")
	b.ReportMetric(100*(r.plan.StepFLOPs()/step)/(mat.PeakFLOPs(n)/peak), "%peak")
	b.ReportMetric(100*update/step, "%update")
	b.ReportMetric(0, "ns/op") // the mean says only how busy the machine was
}

// processorTime is how many seconds of this thread's time f takes.
func processorTime(b *testing.B, f func()) float64 {
	var from, to unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &from); err != nil {
		b.Fatal(err)
	}
	f()
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &to); err != nil {
		b.Fatal(err)
	}
	return float64(to.Nano()-from.Nano()) / 1e9
}
