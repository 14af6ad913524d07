package gen

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

// A likeness is a mechanism that decides as another does.
type likeness struct{ name, who string }

// alike finds a known mechanism with the fingerprint of this one: the one in charge, one written by hand, or one of an
// earlier cycle. Mechanisms that cannot be compared any more are named.
func (w *work) alike(ctx context.Context) (found *likeness, uncompared []string, err error) {
	byHand, err := w.p.fingerprintsByHand()
	if err != nil {
		return nil, nil, err
	}
	names := slices.Sorted(maps.Keys(byHand))
	if _, ok := byHand[w.shadow.Name]; ok { // placebo decides as greedy: the one in charge is named
		names = slices.Insert(names, 0, w.shadow.Name)
	}
	for _, name := range names {
		if byHand[name] != w.fingerprint {
			continue
		}
		if name == w.shadow.Name {
			return &likeness{name, "which is in charge"}, nil, nil
		}
		return &likeness{name, "which is written by hand"}, nil, nil
	}
	earlier := maps.Clone(w.earlier)
	if w.shadow.Hash != "" {
		if earlier == nil {
			earlier = map[string]string{}
		}
		earlier[w.shadow.Name] = string(w.shadow.Source)
	}
	for _, name := range slices.Sorted(maps.Keys(earlier)) {
		print, refused, err := w.p.fingerprint(ctx, []byte(earlier[name]))
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("fingerprint of %s: %w", name, err)
		case refused != "":
			uncompared = append(uncompared, name)
		case print == w.fingerprint && name == w.shadow.Name:
			return &likeness{name, "which is in charge"}, nil, nil
		case print == w.fingerprint:
			return &likeness{name, "a mechanism of an earlier cycle"}, nil, nil
		}
	}
	return nil, uncompared, nil
}

// fingerprintsByHand are those of package catalog, by name. Package catalog/full has three more, which compute with a
// library that no generated source can import.
func (p *Pipeline) fingerprintsByHand() (prints map[string]string, err error) {
	p.knowing.Lock()
	defer p.knowing.Unlock()
	if p.byHand == nil {
		err = p.builder.Remember("fingerprints by hand", &p.byHand, func() (any, error) {
			prints := map[string]string{}
			for _, e := range catalog.All {
				prints[e.Name] = mechtest.Fingerprint(e)
			}
			return prints, nil
		})
	}
	return p.byHand, err
}

// fingerprint is that of a source that passed the gates once: as remembered, or else by building it and running the
// conformance kit again. refused is what the gates find in it now, if they have become stricter.
func (p *Pipeline) fingerprint(ctx context.Context, source []byte) (print, refused string, err error) {
	var known struct{ Print, Refused string }
	err = p.builder.Remember(fingerprintKey(hashOf(source)), &known, func() (any, error) {
		w := work{p: p, src: source}
		for _, step := range []func(context.Context) (string, []vet.Finding, error){w.parse, w.typecheck, w.vet, w.wrap, w.build, w.conform} {
			if _, findings, err := step(ctx); err != nil || len(findings) > 0 {
				known.Refused = words(findings)
				return known, err
			}
		}
		known.Print = w.fingerprint
		return known, nil
	})
	return known.Print, known.Refused, err
}

// remember keeps the fingerprint of the source that is at work.
func (w *work) remember() error {
	var known struct{ Print, Refused string }
	return w.p.builder.Remember(fingerprintKey(w.pkg.Hash), &known, func() (any, error) {
		known.Print = w.fingerprint
		return known, nil
	})
}

func fingerprintKey(hash string) string { return "fingerprint of source " + hash }
