package ablate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A runKey says which run it is.
type runKey struct {
	Profile string `json:"profile"`
	Task    string `json:"task"`
	Seed    uint64 `json:"seed"`
	Arm     string `json:"arm"`
}

// A finished run is what is kept of it.
type finished struct {
	runKey
	Trials  []kept  `json:"trials"`  // the baseline first
	Trace   string  `json:"trace"`   // sha256 of every trial as it was recorded: equal traces are equal in every bit
	Final   int     `json:"final"`   // Seq of the final incumbent: the kept trial measured lowest
	Fresh   float64 `json:"fresh"`   // bits per byte of the final incumbent: mean over the fresh seeds
	Default float64 `json:"default"` // the same of the default point

	Handovers []Handover `json:"handovers,omitempty"`
	Steered   []int      `json:"steered,omitempty"`
	Restarts  []int      `json:"restarts,omitempty"`
	Decisions int        `json:"decisions,omitempty"`
	Differed  int        `json:"differed,omitempty"`
	Refused   int        `json:"refused,omitempty"`
	Unasked   bool       `json:"unasked,omitempty"` // the model was asked nothing
	Answers   []answer   `json:"answers,omitempty"` // of a model that is paid
	Learnt    *learnt    `json:"learnt,omitempty"`  // of an arm that remembers
	Made      []Made     `json:"made,omitempty"`    // by level 2, in order, where the plan says so
	Error     string     `json:"error,omitempty"`   // why there is no result
}

// A kept trial is what is kept of a trial.
type kept struct {
	Point  string            `json:"point"` // identifies the point within the task
	Status mechanisms.Status `json:"status"`
	BPB    float64           `json:"bpb,omitempty"` // as measured; 0 where there is no value
	Kept   bool              `json:"kept,omitempty"`
	Worth  float64           `json:"worth,omitempty"` // of a kept one: bits per byte without noise where that is known, else as measured
}

// trained reports whether the point was trained to an end that it would always come to.
func (k kept) trained() bool {
	return k.Status == mechanisms.Complete || k.Status == mechanisms.Diverged || k.Status == mechanisms.NotFinite
}

// harvest reads from a run's record what is kept of it. Worth gives the value of a point without noise; nil where nobody
// knows it.
func harvest(s *store.Store, key runKey, worth func(mechanisms.Point) float64) (finished, error) {
	f := finished{runKey: key}
	all := s.Whole().Trials
	hash, lowest := sha256.New(), -1
	for k, t := range all {
		who := t.By
		t.By = "" // the same decision by another mechanism is the same
		b, err := json.Marshal(t)
		if err != nil {
			return f, fmt.Errorf("trial %d of %s: %w", k, who, err)
		}
		hash.Write(append(b, '\n'))
		x := kept{Point: pointID(t.Point), Status: t.Status, Kept: t.Kept}
		if t.OK() {
			x.BPB = t.BPB
		}
		if t.Kept {
			if x.Worth = t.BPB; worth != nil {
				x.Worth = worth(t.Point)
			}
			if lowest < 0 || t.BPB < all[lowest].BPB {
				lowest = k
			}
		}
		f.Trials = append(f.Trials, x)
	}
	if lowest < 0 {
		return f, fmt.Errorf("run of %s on %s, seed %d: no trial was kept, not even the baseline", key.Arm, key.Task, key.Seed)
	}
	f.Trace, f.Final = hex.EncodeToString(hash.Sum(nil)), lowest
	f.events(s)
	return f, nil
}

func pointID(p mechanisms.Point) string {
	sum := sha256.Sum256(fmt.Append(nil, []float64(p)))
	return hex.EncodeToString(sum[:8])
}

// events are what the upper levels did in the run.
func (f *finished) events(s *store.Store) {
	switches := s.Switches()
	for i, x := range switches {
		if x.Kind == store.HandOver {
			f.Handovers = append(f.Handovers, Handover{Seq: x.Seq, Mechanism: x.To, Fate: fate(switches[i:])})
		}
	}
	last := mechanisms.Steering{}
	for _, x := range s.Steering() {
		now := x.Steering
		now.Since = 0
		if !reflect.DeepEqual(now, last) {
			f.Steered = append(f.Steered, x.Steering.Since)
		}
		last = now
	}
	for _, x := range s.Restarts() {
		f.Restarts = append(f.Restarts, x.Seq)
	}
	for _, t := range s.Tenures() {
		if t.Shadow != "" {
			f.Decisions += t.Compared
			f.Differed += t.Differed
		}
	}
	for _, m := range s.Mechanisms() {
		if m.Status == store.Refused {
			f.Refused++
		}
	}
}

// fate says what became of the mechanism that the first of the switches put in charge.
func fate(switches []store.Switch) string {
	name, is := switches[0].To, "in charge"
	for _, x := range switches[1:] {
		switch {
		case x.To == name: // again, because its successor was taken out
			is = "in charge"
		case x.From != name:
		case x.Kind == store.HandOver:
			is = "handed over"
		case x.Kind == store.Retire:
			is = "retired"
		default:
			is = "quarantined"
		}
	}
	return is
}
