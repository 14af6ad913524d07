package mechtest

import (
	"crypto/sha256"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Fingerprint is a hash of everything a mechanism decides in the kit's searches: its points, acceptances and prunings, not
// the reasons it gives. Two mechanisms with one fingerprint are the same search under two names, which is worth knowing
// before any trial is spent on telling them apart. A mechanism that panics has the fingerprint of what it did until then.
func Fingerprint(e mechanisms.Entry) string { return fingerprintOf(drive(e)) }

func fingerprintOf(records []*record) string {
	h := sha256.New()
	for _, r := range records {
		for _, mo := range r.moments {
			switch mo.call {
			case "Propose":
				fmt.Fprintf(h, "%s %d %v %t\n", r.scenario.name, mo.seq, []float64(mo.proposal.Point), mo.err != nil)
			case "Accept", "Prune":
				fmt.Fprintf(h, "%s %d %s %s\n", r.scenario.name, mo.seq, mo.call, mo.answer)
			}
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
