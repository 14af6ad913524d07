package memory

import (
	"errors"
	"strings"
	"testing"
)

func made(hash, name string, regret float64) Mechanism {
	return Mechanism{
		Hash: hash, Name: name, Idea: "tests " + name, Source: "package " + name + "\n", Passed: "v1",
		Figures: []Figure{{Family: "gptsim", Searches: 8, Regret: regret, Error: 0.05, Greedy: 0.6}, {Family: "flat", Null: true, Searches: 8, Regret: 99, Greedy: 0}},
		Deeds:   []Deed{{Run: "a", Task: "gpt toy", Parent: "greedy", Proposals: 10, Compared: 20, Differed: 8, Gain: 0.05, PerTrial: 0.005, ParentTrial: 0.004, ParentTrials: 10, Baseline: 2, Fate: "replaced by the next"}},
	}
}

func names(all []Mechanism) string {
	var words []string
	for _, x := range all {
		words = append(words, x.Name)
	}
	return strings.Join(words, " ")
}

func pass(Mechanism) (string, error) { return "", nil }

func TestAncestorsAreTheBestThatPassTheGates(t *testing.T) {
	m := opened(t)
	if err := m.Remember(made("h0", "early", 0.5)); err == nil {
		t.Error("a mechanism of a run that was not learnt from was remembered")
	}
	_, err := m.Learn(lived("a", here(), trace(up)))
	must(t, err)
	inert, villain, simulated := made("h4", "inert", 0), made("h5", "villain", 0), made("h6", "simulated", 0)
	inert.Deeds[0].Differed = 0
	villain.Deeds[0].Fate = Quarantined
	simulated.Simulated = true
	long := made("h7", "long", 0.01)
	long.Source = strings.Repeat("x", MaxAncestorBytes+1)
	for _, x := range []Mechanism{made("h1", "good", 0.3), made("h2", "better", 0.2), made("h3", "worse", 0.7), inert, villain, simulated, long, made("h8", "stale", 0.1), made("h9", "fourth", 0.65)} {
		must(t, m.Remember(x))
	}
	all, err := m.Ancestors(false, func(x Mechanism) (string, error) {
		if x.Name == "stale" {
			return "vet: the contract has changed", nil
		}
		return "", nil
	})
	if err != nil || names(all) != "better good fourth" {
		t.Errorf("offered: %s (%v); want better, good and fourth: the best three that pass, are of use, of this provenance and not too long", names(all), err)
	}
	if all, err := m.Ancestors(true, pass); err != nil || names(all) != "simulated" {
		t.Errorf("offered to a simulated run: %s (%v), want its like alone", names(all), err)
	}
	if _, err := m.Ancestors(false, func(Mechanism) (string, error) { return "", errors.New("no toolchain") }); err == nil {
		t.Error("gates that could not be asked were passed")
	}
	must(t, m.ForgetMechanism("better"))
	must(t, m.Remember(made("h2", "better", 0.2)))
	if all, err := m.Ancestors(false, pass); err != nil || names(all) != "stale good fourth" {
		t.Errorf("offered after better was forgotten, and made again: %s (%v)", names(all), err)
	}
	must(t, m.Judge("h8", "v2", "vet: an import"))
	if x, err := m.FindMechanism("stale"); err != nil || x.Refused != "vet: an import" || x.Passed != "v1" {
		t.Errorf("after it was refused: %+v, %v", x, err)
	}
	if _, err := m.FindMechanism("nobody"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a mechanism that is not there: %v", err)
	}
}

func TestAMechanismGathersItsDeeds(t *testing.T) {
	m := opened(t)
	for _, run := range []string{"a", "b"} {
		_, err := m.Learn(lived(run, here(), trace(up)))
		must(t, err)
		x := made("h1", "good", 0.3)
		x.Deeds[0].Run = run
		if run == "b" {
			x.Idea = "takes good up as it is"
		}
		must(t, m.Remember(x), m.Remember(x))
	}
	x, err := m.FindMechanism("good")
	if err != nil || len(x.Deeds) != 2 || x.Deeds[0].Run != "a" {
		t.Fatalf("deeds of two runs, each told twice: %+v, %v", x.Deeds, err)
	}
	if x.Idea != "tests good" {
		t.Errorf("the idea of a source that another run took up became %q, want the first", x.Idea)
	}
	for _, want := range []string{"8 of 20 decisions", "one of its proposals changed the incumbent by -0.0050 bits per byte", "of greedy changed the incumbent by -0.0040", "regret after 30 trials was 0.300 ± 0.050 in 8 searches", "greedy's was 0.600", "nothing to find"} {
		if !strings.Contains(x.Words(), want) {
			t.Errorf("%q is not in:\n%s", want, x.Words())
		}
	}
}
