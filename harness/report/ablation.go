package report

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// An Ablation is what its report is made of: the result of its record, and nothing else.
type Ablation struct {
	ablate.Result
}

// The kinds of arms, as a result names them.
const (
	group     = "group"
	control   = "control"
	system    = "system"
	yardstick = "yardstick"
)

// A look is how an arm is drawn, in every picture alike.
type look struct {
	color  color.NRGBA
	dashes []vg.Length
	width  vg.Length
}

// lookOf gives groups and controls a colour each, systems of the published comparison one colour with dashes of their own,
// and everything else grey: a yardstick is told by its name at the end of its line.
func (a *Ablation) lookOf(arm string) look {
	systems := [][]vg.Length{{6, 2}, {2, 2}, {6, 2, 1, 2}, {1, 1.5}}
	switch arm {
	case "A":
		return look{ink, nil, 1.8}
	case "B":
		return look{steer, nil, 1.6}
	case "C":
		return look{keep, nil, 2.4}
	case "D":
		return look{handed, nil, 1.6}
	case "R":
		return look{fail, nil, 1.8}
	case "P":
		return look{soft, []vg.Length{3, 3}, 1.4}
	}
	n := 0
	for _, x := range a.Arms {
		if x.Kind != system {
			continue
		}
		if x.Name == arm {
			return look{person, systems[n%len(systems)], 1.4}
		}
		n++
	}
	return look{discard, nil, 1.1}
}

// Own is a value, or a difference of values, with its own sign.
func (a *Ablation) Own(bpb float64) float64 { return a.Measure().Own(bpb) }

// ofProfile returns the finished runs of an arm within a profile, in the order of the plan.
func (a *Ablation) ofProfile(profile, arm string) []ablate.Run {
	var runs []ablate.Run
	for _, r := range a.Runs {
		if r.Profile == profile && r.Arm == arm && r.Error == "" {
			runs = append(runs, r)
		}
	}
	return runs
}

// armsOf returns the arms that have a finished run within a profile, in the order of the plan.
func (a *Ablation) armsOf(profile string) []ablate.Arm {
	var arms []ablate.Arm
	for _, x := range a.Arms {
		if len(a.ofProfile(profile, x.Name)) > 0 {
			arms = append(arms, x)
		}
	}
	return arms
}

func (a *Ablation) summaryOf(profile, arm string) (ablate.Summary, bool) {
	i := slices.IndexFunc(a.Summaries, func(s ablate.Summary) bool { return s.Profile == profile && s.Arm == arm })
	if i < 0 {
		return ablate.Summary{}, false
	}
	return a.Summaries[i], true
}

// taskOf finds a task by its name.
func (a *Ablation) taskOf(name string) ablate.Task {
	for _, t := range a.Tasks {
		if t.Name == name {
			return t
		}
	}
	return ablate.Task{Name: name}
}

// Failures returns the runs without a result.
func (a *Ablation) Failures() []ablate.Run {
	return slices.DeleteFunc(slices.Clone(a.Runs), func(r ablate.Run) bool { return r.Error == "" })
}

// SimulatedLabel is the label that everything bears where no language model took part; empty otherwise.
func (a *Ablation) SimulatedLabel() string {
	if !a.Setting.Simulated {
		return ""
	}
	return "SIMULATED: no language model took part"
}

// Formula reports that every value comes from a formula: nothing was trained.
func (a *Ablation) Formula() bool {
	return !slices.ContainsFunc(a.Tasks, func(t ablate.Task) bool { return t.Real })
}

// title is what stands above a picture: the profile, where there is more than one answer to what the model was, and the label.
func (a *Ablation) title(profile string) string {
	words := []string{}
	if profile != "" {
		words = append(words, "profile "+profile)
	}
	if s := a.SimulatedLabel(); s != "" {
		words = append(words, s)
	}
	return strings.Join(words, " · ")
}

// file is the name of a picture of one profile.
func (a *Ablation) file(profile string, words ...string) string {
	if profile != "" && len(a.Profiles) > 1 {
		words = append(words, profile)
	}
	return fileName(strings.Join(words, "-"))
}

// Pictures returns every picture of the ablation, in the order of the page.
func (a *Ablation) Pictures() []Picture {
	var all []Picture
	for _, parts := range a.profilePictures() {
		all = append(all, parts.all()...)
	}
	for _, t := range a.Transfer {
		all = append(all, a.transferPicture(t))
	}
	if len(a.Named()) > 0 {
		all = append([]Picture{a.namedPicture()}, all...)
	}
	return all
}

// profilePictures are those of one profile of the simulated model, or of a real one.
type profilePictures struct {
	Profile         string
	Anytime, Finals Picture
	Reached         []Picture // data profiles, one for each target
	Every           []Picture // every run of one arm
	Pairs           []Picture // one for each contrast that the ablation was made for
	Contrasts       Picture   // all of them
	Timeline        Picture
}

func (p profilePictures) all() []Picture {
	return slices.Concat([]Picture{p.Anytime, p.Finals}, p.Reached, p.Every, p.Pairs, []Picture{p.Contrasts, p.Timeline})
}

func (a *Ablation) profilePictures() []profilePictures {
	var all []profilePictures
	for _, profile := range a.Profiles {
		if len(a.armsOf(profile)) == 0 {
			continue
		}
		bands := a.bandsOf(profile)
		p := profilePictures{Profile: profile, Anytime: a.anytimePicture(profile, bands), Finals: a.finalsPicture(profile), Timeline: a.timelinePicture(profile)}
		for _, target := range []float64{0.5, 0.1} {
			p.Reached = append(p.Reached, a.reachedPicture(profile, target))
		}
		for _, arm := range a.armsOf(profile) {
			p.Every = append(p.Every, a.everyPicture(profile, arm.Name, bands))
		}
		p.Contrasts = a.contrastsPicture(profile)
		for _, c := range a.Contrasts {
			if c.Named && c.Profile == profile && len(c.Pairing) > 0 {
				p.Pairs = append(p.Pairs, a.pairsPicture(c))
			}
		}
		all = append(all, p)
	}
	return all
}

// between says what a contrast is of.
func between(c ablate.Contrast) string {
	text := fmt.Sprintf("%s − %s", c.First, c.Second)
	if c.HeldOut {
		text += ", held out"
	}
	return text
}

// namedPicture has the contrasts that the ablation was made for, of all profiles.
func (a *Ablation) namedPicture() Picture {
	return a.forestPicture("named", "Differences between arms", a.SimulatedLabel(), a.Named())
}

// contrastsPicture has every contrast of a profile.
func (a *Ablation) contrastsPicture(profile string) Picture {
	of := slices.DeleteFunc(slices.Clone(a.Contrasts), func(c ablate.Contrast) bool { return c.Profile != profile })
	return a.forestPicture(a.file(profile, "contrasts"), "All differences", a.title(profile), of)
}
