package report

import (
	"regexp"
	"testing"
)

// A colour that is written into the page as it is stays what it was on white: ink on a dark page cannot be seen.
func TestEveryColourOfAPictureFollowsTheReadersScheme(t *testing.T) {
	fixed := regexp.MustCompile(`[:"]#[0-9A-Fa-f]{3,6}`)
	pictures := append(gathered(t, lived(t)).Pictures(), (&Ablation{inventedResult(t, 3, 2, "rut")}).Pictures()...)
	for _, p := range pictures {
		text, err := p.inline(false)
		must(t, err)
		if found := fixed.FindString(text); found != "" {
			t.Errorf("%s has the colour %s for light and dark alike", p.Name, found)
		}
	}
}
