package main

import (
	"fmt"
	"io"
	"time"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// ablationSummary prints what an ablation came to, and where the rest is.
func ablationSummary(out io.Writer, a *ablation, r *ablate.Result, took time.Duration) error {
	write := ablate.WriteTable
	if a.plan.Paper {
		write = ablate.WritePaper
	}
	if err := write(out, r); err != nil {
		return err
	}
	if r.Setting.Simulated {
		fmt.Fprintln(out, "\nSIMULATED: no language model took part. This shows how procedures do with a proposer of these habits.")
	}
	trials, known := 0, 0
	for _, run := range r.Runs {
		trials, known = trials+run.Trials, known+run.Memo
	}
	since := ""
	if a.resumed {
		since = " since it was continued"
	}
	fmt.Fprintf(out, "\n%d runs, %d trials, of which %d were known from an earlier one; %s%s\n", len(r.Runs), trials, known, duration(took), since)
	_, err := fmt.Fprintf(out, "ablation directory: %s\n  bilevel report %s           one page of it, with every run\n  bilevel ablate --dir %s --json    the result as data\n", a.dir, a.dir, a.dir)
	return err
}
