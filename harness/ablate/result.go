// Package ablate compares search procedures on paired runs.
//
// A unit is one task with one seed, and one profile where the model is simulated. Every arm is run once on every unit: the
// runs of a unit share the default, the proposer's stream, the budget, the memo of trials and a model's answers until the arms
// make them differ. What is compared between two arms is always a difference within a unit.
package ablate

import "github.com/seed161a02ea/bilevel/mechanisms"

// A Result is everything there is to tell of an ablation, made of its record alone.
type Result struct {
	Title     string     `json:"title"`
	Setting   Setting    `json:"setting"`
	Arms      []Arm      `json:"arms"` // in the order of the plan
	Tasks     []Task     `json:"tasks"`
	Profiles  []string   `json:"profiles"`        // of the simulated model; one empty string where a real one answered
	Runs      []Run      `json:"runs"`            // finished ones, in the order of the plan
	Planned   int        `json:"planned"`         // runs the plan has, finished or not
	Asked     *Asked     `json:"asked,omitempty"` // what the runs took of a model that is paid, each answer once; nil where none was asked
	Summaries []Summary  `json:"summaries"`
	Contrasts []Contrast `json:"contrasts"` // the named ones first, each within one profile
	Claims    []Claim    `json:"claims"`
	Transfer  []Transfer `json:"transfer,omitempty"` // by profile, where some tasks are held out and some are not
	Warnings  []string   `json:"warnings,omitempty"` // what the data cannot support, in sentences

	Placebo *Placebo `json:"placebo,omitempty"` // whether arm P equals A; nil where they have no unit in common
	Harm    []Harm   `json:"harm,omitempty"`    // by arm and profile, on formulas whose default is the optimum
}

// A Placebo is what was found of arm P, whose runs must equal those of A in every bit of every trial.
type Placebo struct {
	Pairs     int      `json:"pairs"`     // units on which both ran
	Handovers int      `json:"handovers"` // that the runs of P had
	Unequal   []string `json:"unequal"`   // units on which they differ; any is a fault of this program
}

// Harm is what an arm lost where there is nothing to find: every change that it kept was noise.
type Harm struct {
	Arm     string    `json:"arm"`
	Profile string    `json:"profile"`
	Mean    float64   `json:"mean"`   // of Losses
	Losses  []float64 `json:"losses"` // by run: how far the final incumbent is above the default, without noise, in standard deviations of a measurement
}

// A Setting is what all runs have in common.
type Setting struct {
	Trials      int    `json:"trials"`          // of a run, the baseline left out
	SteerEvery  int    `json:"steer_every"`     // decided trials between two passes of level 1.5, in arms that have it
	InventEvery int    `json:"invent_every"`    // decided trials between two passes of level 2, in arms that have it
	Looks       []int  `json:"looks,omitempty"` // units after which the named contrasts are looked at, and may end; none where all runs are made whatever they show
	Fresh       int    `json:"fresh"`           // seeds, none of them a run's, that incumbent and default are measured with again
	Model       string `json:"model"`           // that answered
	Simulated   bool   `json:"simulated"`       // no language model took part
	Program     string `json:"program"`         // version of this tool
}

// Measure is what the value of the tasks is called. Results hold values, and differences of them, lower where a run is better:
// Measure.Own gives them their own sign.
func (r *Result) Measure() mechanisms.Measure {
	var m mechanisms.Measure
	for i, t := range r.Tasks {
		if i > 0 && t.Measure != m {
			return mechanisms.Measure{} // no one name is right for all
		}
		m = t.Measure
	}
	return m
}

// An Arm is one search procedure.
type Arm struct {
	Name string `json:"name"` // "A", "C", "R", or a mechanism's name
	Doc  string `json:"doc"`  // one sentence
	Kind string `json:"kind"` // "group" (A to D), "control" (R, P), "system" or "yardstick"
}

// A Task is what is searched.
type Task struct {
	Name    string `json:"name"`
	Family  string `json:"family"`   // tasks of a family are strata of the tests
	HeldOut bool   `json:"held_out"` // level 2 never saw it
	Real    bool   `json:"real"`     // something was trained; the others are formulas

	Measure mechanisms.Measure `json:"measure,omitzero"` // what its value is called; zero for bits per byte
}

// A Run is one arm on one unit.
type Run struct {
	Arm     string `json:"arm"`
	Task    string `json:"task"`
	Seed    uint64 `json:"seed"`
	Profile string `json:"profile"`

	Default float64 `json:"default"` // bits per byte of the default point: mean over the fresh seeds
	Final   float64 `json:"final"`   // the same of the final incumbent, which is the kept trial measured lowest
	Told    float64 `json:"told"`    // bits per byte that the run tells of itself: its lowest kept trial less its one baseline; below 0 is better
	Regret  float64 `json:"regret"`  // of the final incumbent: 0 is the best known of the task, 1 its default, more is worse than the default
	AUC     float64 `json:"auc"`     // mean over the trials of Curve clipped to [0, 1]; lower is earlier
	Success bool    `json:"success"` // Regret is at most 0.5

	Curve    []float64 `json:"curve"`    // regret of the incumbent after 0, 1, ... trials
	Trials   int       `json:"trials"`   // that were decided, the baseline left out
	Memo     int       `json:"memo"`     // of these, known from an earlier trial: nothing was trained
	Failed   int       `json:"failed"`   // of these, without a value
	Diverged int       `json:"diverged"` // first trial whose point or verdict differs from arm A's of the unit; 0 when none does

	Handovers []Handover `json:"handovers,omitempty"`
	Steered   []int      `json:"steered,omitempty"`   // trials before which level 1.5 changed the steering
	Restarts  []int      `json:"restarts,omitempty"`  // trials before which the history was cleared
	Decisions int        `json:"decisions,omitempty"` // of made mechanisms that were compared with those they replaced
	Differed  int        `json:"differed,omitempty"`  // of these, taken otherwise
	Refused   int        `json:"refused,omitempty"`   // sources that did not pass the gates
	Asked     *Asked     `json:"asked,omitempty"`     // what it took of a model that is paid, answers that it shares with other arms included
	Error     string     `json:"error,omitempty"`     // why the run has no result; all figures are then 0
}

// Asked is what answers of a model took.
type Asked struct {
	Answers   int     `json:"answers"`
	TokensIn  int     `json:"tokens_in"`
	TokensOut int     `json:"tokens_out"`
	CostUSD   float64 `json:"cost_usd,omitempty"` // 0 where the model's price is unknown
}

// A Handover is a fresh binary taking a run over.
type Handover struct {
	Seq       int    `json:"seq"` // first trial the new mechanism proposed
	Mechanism string `json:"mechanism"`
	Fate      string `json:"fate"` // "in charge", "handed over", "retired", "quarantined"
}

// A Summary is what one arm came to within one profile.
type Summary struct {
	Arm      string  `json:"arm"`
	Profile  string  `json:"profile"`
	Runs     int     `json:"runs"`
	Mean     float64 `json:"mean"` // of Run.Regret
	IQM      float64 `json:"iqm"`  // mean of the middle half of Run.Regret
	Low      float64 `json:"low"`  // of IQM: 95 % by the two-level bootstrap; Low, IQM and High are the same where tasks are too few for an interval
	High     float64 `json:"high"`
	AUC      float64 `json:"auc"`
	Success  float64 `json:"success"` // share of runs
	Gain     float64 `json:"gain"`    // mean of Default - Final in bits per byte
	Memo     float64 `json:"memo"`    // share of trials that were known
	Influent float64 `json:"influent"`
	Answers  float64 `json:"answers,omitempty"` // of a model that is paid, a run: mean, those shared with other arms included
	Tokens   float64 `json:"tokens,omitempty"`  // likewise, both ways
}

// A Contrast is what the pairs say about two arms. Differences are of Run.Regret, First minus Second: below 0, First ends lower.
type Contrast struct {
	First   string `json:"first"`
	Second  string `json:"second"`
	Profile string `json:"profile"`
	Named   bool   `json:"named"` // one of the three that the ablation was made for; Holm holds over these
	HeldOut bool   `json:"held_out"`

	Pairs      int     `json:"pairs"`
	Tasks      int     `json:"tasks"`
	Difference float64 `json:"difference"` // mean over the pairs
	Low        float64 `json:"low"`        // 95 %, two-level bootstrap: tasks, then seeds within them; Low and High are the same where tasks are too few for an interval
	High       float64 `json:"high"`
	P          float64 `json:"p"` // two-sided, by flipping the signs of whole tasks
	Exact      bool    `json:"exact"`
	Holm       float64 `json:"holm"`     // P corrected over the named contrasts of the profile; P itself for the others
	DZ         float64 `json:"dz"`       // mean of the differences by their standard deviation
	Better     float64 `json:"better"`   // probability that First ends lower than Second on a unit, ties by half
	Smallest   float64 `json:"smallest"` // the smallest P that so many tasks can give

	Pairing []Pair `json:"pairing"`
	Looks   []Look `json:"looks,omitempty"`
	Words   string `json:"words"` // what this says, in a sentence that claims no more
}

// A Transfer says whether what helps on the tasks that level 2 saw helps on those it never saw.
type Transfer struct {
	Profile string    `json:"profile"`
	Arms    []string  `json:"arms"`     // those that were compared with A on both
	Seen    []float64 `json:"seen"`     // of each arm: Contrast.Difference with A on the tasks that level 2 saw
	HeldOut []float64 `json:"held_out"` // the same on those that it never saw
	Rho     float64   `json:"rho"`      // rank correlation of the two (Spearman)
	Low     float64   `json:"low"`      // 95 %; -1 and 1 below four arms
	High    float64   `json:"high"`
}

// A Pair is both arms on one unit.
type Pair struct {
	Task   string  `json:"task"`
	Seed   uint64  `json:"seed"`
	First  float64 `json:"first"` // regret
	Second float64 `json:"second"`
}

// A Look is one time that a sequential comparison was looked at.
type Look struct {
	Pairs    int     `json:"pairs"`
	Z        float64 `json:"z"`        // positive where First ends lower
	Efficacy float64 `json:"efficacy"` // at or above it the comparison ends: First is better
	Futility float64 `json:"futility"` // at or below it the comparison ends: not worth more budget
	Outcome  string  `json:"outcome"`  // "efficacy", "futility", "go on", or "end" at the last
}

// A Claim is one of the two that are kept apart, with what the data say about it.
type Claim struct {
	Text string  `json:"text"` // "this mechanism helps on unseen tasks" or "Level 2 produces mechanisms that help"
	Unit string  `json:"unit"` // what is counted: tasks, or independent sessions of level 2
	N    int     `json:"n"`
	P    float64 `json:"p"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Says string  `json:"says"`
}
