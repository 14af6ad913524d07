package loop

import (
	"io"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

// Conformance is what the conformance kit finds in a mechanism.
type Conformance struct {
	Findings    []mechtest.Finding `json:"findings"`    // none means that it conforms
	Fingerprint string             `json:"fingerprint"` // mechtest.Fingerprint of what it decided there
}

func conform(current mechanisms.Entry, out io.Writer) error {
	var c Conformance
	c.Findings, c.Fingerprint = mechtest.Examine(current)
	if c.Findings == nil {
		c.Findings = []mechtest.Finding{}
	}
	return printJSON(out, c)
}
