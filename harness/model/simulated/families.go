package simulated

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/templates"
)

// families are the kinds of mechanism that the simulated model knows. Each has its program in families/NAME.go.tmpl.
var families = []family{
	{
		name:  "fold-back",
		types: []string{"FoldBack", "Mirror", "OtherSide"},
		ideas: []string{
			"answering a discarded step with its mirror image at the incumbent",
			"folding discarded steps over: what failed in one direction is tried in the other",
		},
		score: func(a analysis) float64 { return 1 + 0.5*float64(min(a.unanswered, 6)) },
		reason: func(a analysis) string {
			return fmt.Sprintf("%d discarded moves were never tried the other way", a.unanswered)
		},
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Window": 4 + min(a.tr.discards, 8) + rng.IntN(3), "Stretch": oneOf(rng, "0.7", "1.0", "1.25", "1.6"),
				"Patience": 3 + rng.IntN(3), "Rest": 2 + rng.IntN(2),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Misses", Type: "int", Meaning: "mirrored steps discarded in a row"}, {Name: "Wait", Type: "int", Meaning: "trials of rest left"}},
			Propose: "Look back over the last trials for the newest discarded step that no later trial answered from the other side. Reflect it in the incumbent, parameter by parameter on its own scale, and propose that; with none left, or while resting, ask the model.",
			Accept:  "Better than the incumbent.",
			Observe: "Count failures of mirrored steps; after too many in a row, rest.",
			Differs: "Whenever the newest discarded step has no answer yet, where the mechanism in charge would ask the model.",
		},
	},
	{
		name:  "move-tabu",
		types: []string{"MoveTabu", "ForbiddenMoves", "Tenure"},
		ideas: []string{
			"forbidding the moves that were just discarded, a move being a parameter and a direction",
			"keeping a list of forbidden moves so that the model cannot repeat a failure",
		},
		score: func(a analysis) float64 { return 0.6 * float64(min(a.again, 7)) },
		reason: func(a analysis) string {
			return fmt.Sprintf("%d moves repeated a failure in the same direction", a.again)
		},
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Tenure": 9 + min(a.again, 6) + rng.IntN(5), "OwnStep": rng.IntN(2) == 0, "Forgive": rng.IntN(2) == 0,
				"Size": between(rng, 0.08, 0.2), "Tired": 2 + rng.IntN(2),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Incumbent", Type: "mechanisms.Point", Meaning: "to tell what a trial changed"}, {Name: "Until", Type: "[]int", Meaning: "trial number up to which a move is forbidden"}, {Name: "Failed", Type: "[]int", Meaning: "discards in a row by parameter"}},
			Propose: "Ask the model. If its point was tried or makes only forbidden moves, draw an open move of a free parameter and make that instead.",
			Accept:  "Better than the incumbent.",
			Observe: "Forbid the moves of a discarded trial for some trials, and both moves of a parameter that failed several times in a row; open those of a kept one.",
			Differs: "Whenever the model repeats a discarded move.",
		},
	},
	{
		name:  "gain-bandit",
		types: []string{"GainBandit", "Arms", "TwoSided"},
		ideas: []string{
			"treating every parameter and direction as the arm of a bandit",
			"spending trials on the parameters and directions with the best record, with a bonus for the unknown",
		},
		score:  func(a analysis) float64 { return 4*a.busiest - 0.5 },
		reason: func(a analysis) string { return fmt.Sprintf("two parameters took %.0f %% of all moves", 100*a.busiest) },
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Fade": oneOf(rng, "0.9", "0.93", "0.96"), "Curiosity": between(rng, 0.2, 0.6), "OwnStep": rng.IntN(2) == 0,
				"Softmax": rng.IntN(2) == 0, "Temperature": between(rng, 0.05, 0.2), "Size": between(rng, 0.08, 0.18),
				"Shrink": oneOf(rng, "0.6", "0.7", "0.8"), "Grow": oneOf(rng, "2.2", "2.5", "3.0"), "Tolerance": digits(a.loss),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Incumbent", Type: "mechanisms.Point", Meaning: "to tell what a trial changed"}, {Name: "BPB", Type: "float64", Meaning: "of the incumbent"}, {Name: "Pulls", Type: "[]float64", Meaning: "faded trials by arm"}, {Name: "Reward", Type: "[]float64", Meaning: "faded rewards by arm"}},
			Propose: "Score every arm of a free parameter by its mean reward and a bonus for what is little known; pull the best.",
			Accept:  "Better than the incumbent.",
			Observe: "Fade the evidence and credit the arms that the trial pulled: 1 if kept, less the more it lost.",
			Differs: "At nearly every decision: the parameter and direction are chosen by record, not by the model's taste.",
		},
	},
	{
		name:  "log-line",
		types: []string{"LogLine", "LineWalker", "Coordinate"},
		ideas: []string{
			"following one parameter on its own scale for as long as it pays, with steps that grow and shrink",
			"line search along single parameters, with the step adapted to success",
		},
		score: func(a analysis) float64 { return 1 + 0.5*float64(min(a.kept, 6)) },
		reason: func(a analysis) string {
			return fmt.Sprintf("%d trials were kept, and what helps once often helps again", a.kept)
		},
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Size": between(rng, 0.06, 0.16), "Longest": between(rng, 0.3, 0.5), "Grow": oneOf(rng, "1.5", "1.7", "2.0"),
				"Shrink": oneOf(rng, "0.4", "0.5", "0.6"), "Sweep": rng.IntN(2) == 0, "Margin": oneOf(rng, "", "0.5"),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Param", Type: "int", Meaning: "followed now"}, {Name: "Dir", Type: "int", Meaning: "its direction"}, {Name: "Step", Type: "[]float64", Meaning: "next step by parameter"}, {Name: "Fails", Type: "int", Meaning: "failures of the line"}},
			Propose: "Take the next step along the line that is followed; when it is left, open another.",
			Accept:  "Better than the incumbent.",
			Observe: "A kept step of one parameter is followed further with a longer step; after the first failure turn round, after the second leave the line with a shorter step.",
			Differs: "After every trial that changed one ordered parameter: it goes on or turns round, where the mechanism in charge would ask.",
		},
	},
	{
		name:  "space-fill",
		types: []string{"SpaceFill", "EmptiestPlace", "Restart"},
		ideas: []string{
			"trying the emptiest places around the incumbent when nothing has been kept for a while",
			"a space-filling restart around the incumbent in stagnation",
		},
		score: func(a analysis) float64 {
			return 0.35*float64(min(a.tr.discards, 8)) + 2.5*float64(a.untouched)/float64(max(a.free, 1))
		},
		reason: func(a analysis) string {
			return fmt.Sprintf("nothing was kept for %d trials and %d parameters were never touched", a.tr.discards, a.untouched)
		},
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Patience": 1 + rng.IntN(3), "Radius": between(rng, 0.15, 0.35), "Several": 2 + rng.IntN(2),
				"Candidates": 8 + 4*rng.IntN(5), "Corners": rng.IntN(2) == 0, "Alternate": rng.IntN(2) == 0,
				"Prune": rng.IntN(2) == 0, "Earliest": oneOf(rng, "0.25", "0.4", "0.5"), "Behind": digits(5 * a.loss),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Discards", Type: "int", Meaning: "trials since the last keep"}, {Name: "Rounds", Type: "int", Meaning: "trials of the present restart"}},
			Propose: "While something was kept lately, ask the model. In stagnation, draw candidates that move several parameters of the incumbent, and propose the one farthest from every trial.",
			Accept:  "Better than the incumbent.",
			Observe: "Count trials since the last keep.",
			Differs: "From the first stagnation on.",
		},
	},
	{
		name:  "near-screen",
		types: []string{"NearScreen", "Screen", "Neighbours"},
		ideas: []string{
			"screening the model's proposal and variants of the incumbent by what nearby trials predict",
			"a cheap prediction from past trials that decides which of several candidates is worth a trial",
		},
		score: func(a analysis) float64 {
			if a.complete < 6 {
				return 0
			}
			return 1 + 0.1*float64(min(a.complete, 20))
		},
		reason: func(a analysis) string { return fmt.Sprintf("%d measured trials can predict the next", a.complete) },
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Variants": 4 + 2*rng.IntN(4), "Size": between(rng, 0.08, 0.2), "Daring": digits(a.loss * (0.5 + rng.Float64())),
				"Reach": between(rng, 0.15, 0.35), "Prior": between(rng, 0.2, 0.6), "Parabola": rng.IntN(2) == 0,
				"Pairs": oneOf(rng, "", "0.25"), "Penalty": digits(4 * a.loss),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{},
			Propose: "Ask the model, draw variants of the incumbent, predict each from the trials nearby, and propose the one with the lowest prediction less a bonus for novelty.",
			Accept:  "Better than the incumbent.",
			Observe: "Nothing: the trials are in the view.",
			Differs: "Whenever a variant is predicted better than the model's proposal, or that was tried.",
		},
	},
	{
		name:  "join-misses",
		types: []string{"JoinMisses", "Pairing", "NearMisses"},
		ideas: []string{
			"joining two near misses of different parameters into one point",
			"recombination: changes that each fell just short may help together",
		},
		score:  func(a analysis) float64 { return 0.5 * float64(min(a.nearMisses, 6)) },
		reason: func(a analysis) string { return fmt.Sprintf("%d discarded trials came close", a.nearMisses) },
		values: func(a analysis, rng *rand.Rand) map[string]any {
			return map[string]any{
				"Close": digits(a.loss * (1.5 + 1.5*rng.Float64())), "Every": 1 + rng.IntN(2), "Share": oneOf(rng, "1", "0.75", "0.6"),
				"Text": oneOf(rng, "", "Single changes around the incumbent are nearly exhausted; look at parameters that interact."),
			}
		},
		spec: templates.Spec{
			State:   []templates.Field{{Name: "Discards", Type: "int", Meaning: "trials since the last keep"}},
			Propose: "At every trial or every second since the last keep, join the two nearest misses of different parameters that were not joined yet; else ask the model.",
			Accept:  "Better than the incumbent.",
			Observe: "Count trials since the last keep.",
			Differs: "At its turns, once two near misses are there.",
		},
	},
}
