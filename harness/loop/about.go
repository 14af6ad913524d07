package loop

import (
	"encoding/json"
	"io"
	"runtime"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// About is what a runner binary says of itself.
type About struct {
	Protocol int    `json:"protocol"`
	Go       string `json:"go"` // version of the toolchain that built it
	Current  Named  `json:"current"`
	Shadow   *Named `json:"shadow,omitempty"` // the mechanism it replaced

	Provenance int `json:"provenance,omitempty"` // bytes that the verb provenance prints; 0 when none is compiled in
}

// Named is one mechanism compiled into a binary.
type Named struct {
	Name string `json:"name"`
	Doc  string `json:"doc,omitempty"`
	Hash string `json:"hash,omitempty"` // sha256 of its source, empty when written by hand
}

func about(current, shadow mechanisms.Entry, out io.Writer) error {
	a := About{Protocol: wire.Version, Go: runtime.Version(), Current: named(current), Provenance: len(current.Provenance)}
	if shadow.New != nil {
		n := named(shadow)
		a.Shadow = &n
	}
	return printJSON(out, a)
}

func named(e mechanisms.Entry) Named { return Named{Name: e.Name, Doc: e.Doc, Hash: e.Hash} }

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", " ")
	return e.Encode(v)
}
