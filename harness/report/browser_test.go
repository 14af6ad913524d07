package report

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/report/browsertest"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// measured is what a real browser says of the page in a frame of some width.
type measured struct {
	Width      int      `json:"width"`      // of the frame
	Scroll     int      `json:"scroll"`     // width of what it shows
	Widest     string   `json:"widest"`     // the element that reaches furthest right, outside of boxes that scroll
	Background string   `json:"background"` // of the page
	Contrast   float64  `json:"contrast"`   // least ratio of text to background, by WCAG 2.2
	Faintest   string   `json:"faintest"`
	Shown      int      `json:"shown"` // pictures that have a size
	Smallest   float64  `json:"smallest"`
	Covered    []string `json:"covered"` // words of a picture that other words cover
	Rows       int      `json:"rows"`    // of the table of trials that are of kept ones, or of the table of runs
}

// The measuring page holds the report in frames, because a browser's window may not become as narrow as a phone.
const measuring = `<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script>
const luminance = (c) => { const [r, g, b] = c.match(/[\d.]+/g).map(Number).map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
const behind = (e, w) => { for (; e; e = e.parentElement) { const c = w.getComputedStyle(e).backgroundColor; if (!c.endsWith(", 0)")) return c; } return "rgb(255, 255, 255)"; };
function look(frame) {
  const w = frame.contentWindow, d = frame.contentDocument, r = { width: w.innerWidth, scroll: d.documentElement.scrollWidth, widest: "", contrast: 99, faintest: "", smallest: 99, covered: [] };
  r.background = w.getComputedStyle(d.body).backgroundColor;
  let right = 0;
  for (const e of d.querySelectorAll("main *")) {
    if (e.closest(".scroll, pre, svg")) continue;
    const box = e.getBoundingClientRect();
    if (box.right > right) { right = box.right; r.widest = e.tagName + " " + e.id + e.className; }
  }
  for (const e of d.querySelectorAll("p, dd, dt, td, th, h1, h2, h3, li, summary, figcaption, pre span, td span")) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const x = ratio(w.getComputedStyle(e).color, behind(e, w));
    if (x < r.contrast) { r.contrast = x; r.faintest = e.tagName + " " + e.className + " " + e.textContent.slice(0, 40); }
  }
  const pictures = [...d.querySelectorAll("figure svg")].filter((s) => s.getBoundingClientRect().width > 0);
  r.shown = pictures.length;
  for (const t of pictures.flatMap((s) => [...s.querySelectorAll("text")])) {
    const size = parseFloat(w.getComputedStyle(t).fontSize) * t.ownerSVGElement.getBoundingClientRect().width / t.ownerSVGElement.viewBox.baseVal.width;
    r.smallest = Math.min(r.smallest, size);
  }
  for (const s of pictures) {
    const words = [...s.querySelectorAll("text")].map((t) => ({ said: t.textContent, box: t.getBoundingClientRect() }));
    words.forEach((a, i) => words.slice(i + 1).forEach((b) => {
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left), up = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 2 && up > 3) r.covered.push(s.closest("figure").id + ": " + a.said + " and " + b.said);
    }));
  }
  r.rows = d.querySelectorAll("#trials tr.kept, #runs tbody tr").length;
  return r;
}
const frames = [390, 1280].map((width) => { const f = document.createElement("iframe"); f.width = width; f.height = 900; f.src = "/report.html"; document.body.append(f); return f; });
addEventListener("load", () => { const out = document.createElement("output"); out.textContent = JSON.stringify(frames.map(look)); document.body.append(out); });
</script>`

func TestPageInABrowser(t *testing.T) {
	// The run's pictures, those of its 2 parameters, its curves and its influence.
	r := gathered(t, lived(t))
	crowd(r, 90)
	lookedAt(t, pageOf(t, r), 5, kept+90)
}

// crowd adds trials that are all kept, and changes of mechanism close to each other: there is little room for words.
func crowd(r *Run, n int) {
	for k := range n {
		last := r.Trials[len(r.Trials)-1]
		next := mechanisms.Trial{Seq: last.Seq + 1, Point: last.Point.Clone(), Status: mechanisms.Complete, BPB: 1.7 - 0.01*float64(k), Kept: true, By: "model"}
		for i, q := range r.Meta.Space.Params {
			next.Point[i] = q.FromUnit01(float64(k%7) / 7)
		}
		if k%3 == 0 {
			r.Switches = append(r.Switches, store.Switch{N: len(r.Switches), Seq: next.Seq, Kind: store.HandOver, To: fmt.Sprintf("screened-descent-%06d", k)})
		}
		r.Trials, r.Details = append(r.Trials, next), append(r.Details, store.Detail{Seq: next.Seq})
	}
}

func TestAblationsPageInABrowser(t *testing.T) {
	r := inventedResult(t, 3, 2, "rut")
	// The named differences; the lines, the dots, two data profiles, every arm's runs, the pairs, all differences and the timeline.
	lookedAt(t, ablationPageOf(t, r), 1+2+2+len(armNames)+3+2, len(r.Runs)-1)
}

// lookedAt has a real browser measure a page at two widths, in light and dark.
func lookedAt(t *testing.T, page []byte, pictures, rows int) {
	t.Helper()
	chromium := browsertest.Find(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/report.html":
			w.Write(page)
		case "/measure":
			fmt.Fprint(w, measuring)
		default:
			t.Errorf("the browser asked for %s", r.URL)
		}
	}))
	defer server.Close()
	backgrounds := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		for _, m := range measure(t, chromium, server.URL+"/measure", scheme) {
			name := fmt.Sprintf("%s, %d pixels wide", scheme, m.Width)
			if m.Scroll > m.Width {
				t.Errorf("%s: the page is %d pixels wide; furthest right reaches %s", name, m.Scroll, m.Widest)
			}
			if m.Contrast < 4.5 {
				t.Errorf("%s: contrast %.2f, want 4.5 or more: %s", name, m.Contrast, m.Faintest)
			}
			if m.Smallest < 6 {
				t.Errorf("%s: text of %.1f pixels in a picture, want 6 or more", name, m.Smallest)
			}
			if len(m.Covered) > 0 {
				t.Errorf("%s: words cover each other: %q", name, m.Covered[:min(5, len(m.Covered))])
			}
			if m.Shown < pictures {
				t.Errorf("%s: %d pictures shown, want %d", name, m.Shown, pictures)
			}
			if m.Rows != rows {
				t.Errorf("%s: %d rows of kept trials or of runs, want %d", name, m.Rows, rows)
			}
			backgrounds[m.Background] = true
		}
	}
	if len(backgrounds) != 2 {
		t.Errorf("backgrounds %v, want one in light and another in dark", backgrounds)
	}
}

var output = regexp.MustCompile(`(?s)<output>(.*?)</output>`)

// measure opens the measuring page and returns what it found. Anything the browser's console says fails the test.
func measure(t *testing.T, chromium, url, scheme string) []measured {
	t.Helper()
	dom := browsertest.DOM(t, chromium, scheme, url)
	found := output.FindSubmatch(dom)
	if found == nil {
		t.Fatalf("the measuring page did not end:\n%s", dom)
	}
	var all []measured
	if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Fatalf("measured %d frames, want 2", len(all))
	}
	return all
}
