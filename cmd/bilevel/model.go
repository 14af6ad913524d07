package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/openai"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// modelFlags say which language model is asked, at every level.
func modelFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "model", Usage: "`MODEL` to ask, or simulated (default: deepseek-chat where a key or --base-url is given, else simulated)"},
		&cli.StringFlag{Name: "base-url", Usage: "`URL` of an OpenAI-compatible endpoint (or BILEVEL_BASE_URL)"},
		&cli.StringFlag{Name: "api-key", Usage: "`KEY` of the endpoint; better in the environment: DEEPSEEK_API_KEY, OPENAI_API_KEY or BILEVEL_API_KEY"},
		&cli.StringFlag{Name: "replay", Usage: "answer from the transcript `FILE` of an earlier run (bilevel show RUN --chats) and ask nobody"},
		&cli.StringFlag{Name: "profile", Value: "rut", Usage: "habits of the simulated `PROPOSER`: " + strings.Join(profileNames(), ", ")},
		&cli.IntFlag{Name: "max-tokens", Usage: "`TOKENS` that a run may take of the model in all, both ways; 0 for no limit"},
		&cli.Float64Flag{Name: "max-cost", Usage: "US `DOLLARS` that a run may cost in all; 0 for no limit"},
		&cli.StringFlag{Name: "price", Usage: "`IN/OUT` in US dollars per million tokens, for a model that is not in the table"},
		&cli.DurationFlag{Name: "model-timeout", Value: 5 * time.Minute, Usage: "of one reply"},
	}
}

// simulatedName is what --model takes to ask no language model.
const simulatedName = "simulated"

// chosen is the model of a run.
type chosen struct {
	model.Model
	simulated bool         // no language model wrote its answers
	meter     *model.Meter // nil for one that costs nothing
}

// chooseModel decides from the flags and the environment. A run that is continued asks the model it was made with.
func chooseModel(c *cli.Context, recorded *store.Meta) (chosen, error) {
	if c.IsSet("replay") {
		return newReplay(c, recorded)
	}
	if c.String("model") == simulatedName || recorded != nil && recorded.Simulated && !c.IsSet("model") && !c.IsSet("base-url") {
		return newSimulated(c, recorded)
	}
	flags := openai.Flags{BaseURL: c.String("base-url"), Model: c.String("model"), Key: c.String("api-key")}
	if recorded != nil && !recorded.Simulated && flags.Model == "" {
		flags.Model = recorded.Model
	}
	cfg, found, err := openai.FromEnv(os.Getenv, flags)
	switch {
	case err != nil:
		return chosen{}, asUsage(err)
	case !found && recorded != nil && !recorded.Simulated:
		return chosen{}, usage("the run asks %s: set its key in the environment or name its endpoint with --base-url", recorded.Model)
	case !found && flags.Model != "":
		return chosen{}, usage("--model %s: where is it? Name its endpoint with --base-url, or set DEEPSEEK_API_KEY or OPENAI_API_KEY", flags.Model)
	case !found:
		return newSimulated(c, recorded)
	case recorded != nil && recorded.Model != cfg.Model:
		return chosen{}, usage("the run was made with the model %s, not %s; leave --model out, or name another --dir", recorded.Model, cfg.Model)
	}
	return newClient(c, cfg)
}

func newClient(c *cli.Context, cfg openai.Config) (chosen, error) {
	cfg.Timeout = c.Duration("model-timeout")
	cfg.Waiting = func(reason string, wait time.Duration) {
		fmt.Fprintf(c.App.ErrWriter, "bilevel: %s; trying again in %s\n", reason, duration(wait))
	}
	client, err := openai.New(cfg)
	if err != nil {
		return chosen{}, asUsage(err)
	}
	if err := client.Reach(c.Context); err != nil {
		return chosen{}, err
	}
	price := model.PriceOf(cfg.Model)
	if c.IsSet("price") {
		if price, err = model.ParsePrice(c.String("price")); err != nil {
			return chosen{}, asUsage(fmt.Errorf("--price: %w", err))
		}
	}
	meter, err := model.NewMeter(client, model.Limits{Tokens: c.Int("max-tokens"), CostUSD: c.Float64("max-cost")}, price)
	if err != nil {
		return chosen{}, asUsage(err)
	}
	return chosen{Model: meter, meter: meter}, nil
}

func newSimulated(c *cli.Context, recorded *store.Meta) (chosen, error) {
	profile := c.String("profile")
	if recorded != nil {
		if s, err := settingsOf(*recorded); err != nil {
			return chosen{}, err
		} else if s.Profile != "" {
			profile = s.Profile
		}
	}
	m, err := simulated.New(profile)
	if err != nil {
		return chosen{}, asUsage(fmt.Errorf("--profile: %w", err))
	}
	if recorded != nil && recorded.Model != m.Name() {
		return chosen{}, usage("the run was made with the model %s, not %s; leave --model out, or name another --dir", recorded.Model, m.Name())
	}
	return chosen{Model: m, simulated: true}, nil
}

// newReplay answers from a transcript.
func newReplay(c *cli.Context, recorded *store.Meta) (chosen, error) {
	f, err := os.Open(c.String("replay"))
	if err != nil {
		return chosen{}, usage("--replay: %v", err)
	}
	defer f.Close()
	m, err := replay.Read(c.String("replay"), f)
	if err != nil {
		return chosen{}, asUsage(fmt.Errorf("--replay: %w", err))
	}
	if recorded != nil && recorded.Model != m.Name() {
		return chosen{}, usage("the run was made with the model %s, not %s; leave --replay out, or name another --dir", recorded.Model, m.Name())
	}
	return chosen{Model: m, simulated: m.Simulated()}, nil
}

// charge counts what the run has spent before against its limits.
func charge(m chosen, st *store.Store) error {
	if m.meter == nil {
		return nil
	}
	spent, err := st.Usage()
	if err != nil {
		return err
	}
	for _, u := range spent {
		m.meter.Charge(u.Level, model.Usage{Chats: u.Chats, TokensIn: u.TokensIn, TokensOut: u.TokensOut, CostUSD: u.CostUSD})
	}
	return nil
}

func profileNames() []string {
	var names []string
	for _, p := range simulated.Profiles() {
		names = append(names, p.Name)
	}
	return names
}
