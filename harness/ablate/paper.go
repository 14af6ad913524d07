package ablate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// WritePaper prints the table of the paper beside that of a result made by its protocol (PaperPlan), a table for each profile, and what has to be
// known to read them. Changes are of the best kept trial from the baseline, as the paper counts.
func WritePaper(out io.Writer, r *Result) error {
	w := &pages{out: out}
	w.line("The change of validation bits per byte over %d trials: best trial less the one baseline; below 0 is better.", r.Setting.Trials)
	if m := r.Measure(); m != (mechanisms.Measure{}) {
		w.line("Ours is of %s, where a %s change is better: the two sides have no unit in common.", m, m.Gain())
	}
	w.line("%s", folded("Published: "+Published+".", "  ", width))
	for _, profile := range r.Profiles {
		t := tabulate(r, profile)
		w.line("")
		w.line("Here: %s.", t.setting())
		w.line("")
		t.paperRows(w)
		if p := t.paperTest(); p != "" {
			w.line("\n%s", folded(p, "", width))
		}
	}
	w.list("The published table and its own records", differencesFromRecords())
	w.list("How to read the published columns", caveats())
	w.list("How to read ours", append([]string{
		"The two sides are not comparable in size: model, text, hardware, budget and language model are others. What can be compared is whether C and D lead A, and whether they lead R, which has no new code.",
		"Three repeats are here because the paper has three. They are shown one by one, and nothing follows from them; bilevel ablate without --paper is made to find something.",
	}, r.Warnings...))
	return w.err
}

// setting tells what the profile's runs were made of.
func (t *table) setting() string {
	var names []string
	for _, x := range t.Tasks {
		names = append(names, x.Name)
	}
	who := "model " + t.Setting.Model
	if t.Setting.Simulated {
		who = "SIMULATED model, no language model took part"
		if t.profile != "" {
			who += ", profile " + t.profile
		}
	}
	return fmt.Sprintf("%s; %s; level 1.5 every %d trials, level 2 every %d", strings.Join(names, ", "), who, t.Setting.SteerEvery, t.Setting.InventEvery)
}

// paperRows writes a row for each arm: the published runs, then ours.
func (t *table) paperRows(w *pages) {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	most := 0
	for _, a := range t.Arms {
		most = max(most, len(t.of(a.Name)))
	}
	header := "arm\tpublished 1\t2\t3\tmean ± sd\there 1\t"
	for i := 2; i <= most; i++ {
		header += fmt.Sprintf("%d\t", i)
	}
	fmt.Fprintln(rows, header+"mean ± sd\tnew seeds\tdecided otherwise\t")
	for _, a := range t.Arms {
		fmt.Fprint(rows, a.Name+"\t")
		if g, ok := publishedOf(a.Name); ok {
			for _, d := range g.changes() {
				fmt.Fprintf(rows, "%.4f\t", d)
			}
			fmt.Fprintf(rows, "%s\t", meanAndSpread(g.changes()))
		} else {
			fmt.Fprint(rows, "-\t-\t-\tnot there\t")
		}
		told, again := t.own(t.told(a.Name))
		for i := range max(1, most) {
			if i < len(told) {
				fmt.Fprintf(rows, "%.4f\t", told[i])
			} else {
				fmt.Fprint(rows, "-\t")
			}
		}
		if len(told) == 0 {
			fmt.Fprint(rows, "no run\t-\t-\t\n")
			continue
		}
		fmt.Fprintf(rows, "%s\t%.4f\t%s\t\n", meanAndSpread(told), stats.Mean(again), t.influence(a.Name))
	}
	rows.Flush()
}

// told returns the changes that an arm's runs tell of themselves, and those that new seeds tell.
func (t *table) told(arm string) (told, again []float64) {
	for _, run := range t.of(arm) {
		told = append(told, run.Told)
		again = append(again, run.Final-run.Default)
	}
	return told, again
}

// own gives changes the sign of what was measured.
func (t *table) own(told, again []float64) (_, _ []float64) {
	for _, all := range [][]float64{told, again} {
		for i := range all {
			all[i] = t.Measure().Own(all[i])
		}
	}
	return told, again
}

// influence tells how many decisions of the mechanisms that an arm made were not those of their predecessors. In the published runs no
// mechanism made any.
func (t *table) influence(arm string) string {
	decisions, differed := 0, 0
	for _, run := range t.of(arm) {
		decisions, differed = decisions+run.Decisions, differed+run.Differed
	}
	if decisions == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", differed, decisions)
}

func meanAndSpread(x []float64) string {
	return fmt.Sprintf("%.4f ± %.4f", stats.Mean(x), stats.Spread(x))
}

// paperTest compares the groups of both sides as far as three runs can.
func (t *table) paperTest() string {
	var says []string
	for _, pair := range [][2]string{{"C", "A"}, {"C", "R"}, {"D", "A"}} {
		line := fmt.Sprintf("%s against %s:", pair[0], pair[1])
		first, ok1 := publishedOf(pair[0])
		second, ok2 := publishedOf(pair[1])
		if ok1 && ok2 {
			line += " published " + arranged(first.changes(), second.changes()) + ","
		}
		_, a := t.told(pair[0])
		_, b := t.told(pair[1])
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		says = append(says, line+" here "+arranged(a, b))
	}
	if len(says) == 0 {
		return ""
	}
	return "p by counting all arrangements of the runs (three and three cannot give less than 0.10), here of what new seeds tell. " + strings.Join(says, "; ") + "."
}

// arranged tells p of two samples.
func arranged(a, b []float64) string {
	extreme, all := stats.Exchange(a, b)
	return decimals(float64(extreme) / float64(all))
}

// width of what is printed, in characters.
const width = 118

// pages writes until something goes wrong and then nothing more.
type pages struct {
	out io.Writer
	err error
}

func (w *pages) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	var n int
	n, w.err = w.out.Write(b)
	return n, w.err
}

func (w *pages) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// list writes sentences below a heading, folded to the width of a terminal.
func (w *pages) list(heading string, sentences []string) {
	if len(sentences) == 0 {
		return
	}
	w.line("\n%s", heading)
	for _, s := range sentences {
		w.line("%s", folded("- "+s, "  ", width))
	}
}

// folded breaks text between words into lines of at most width characters; all but the first begin with indent.
func folded(text, indent string, width int) string {
	var out strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			out.WriteString("\n" + indent)
			column = len(indent)
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}
