package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/review"
	"github.com/seed161a02ea/bilevel/gen/review/branch"
	"github.com/seed161a02ea/bilevel/gen/review/forge"
	"github.com/seed161a02ea/bilevel/gen/wrap"
)

func proposeCommand() *cli.Command {
	return &cli.Command{
		Name: "propose", Usage: "put a mechanism of a run on a branch, and open a pull request", ArgsUsage: "NAME",
		Description: `Reviews the mechanism and commits its folder, mechanisms/generated/NAME, on the branch mechanism/NAME of a clone of
bilevel: the source as it was written, what is generated beside it, its tests, spec, dialogue, provenance and review.
Nothing that is checked out is touched. With --remote the branch is pushed, and where a token is found in GITHUB_TOKEN or
GITEA_TOKEN a pull request is opened, or an open one brought up to date. The exit code is 4, and nothing is made, when the
verdict of the review is unfit, inert or worse.

Examples:
   bilevel mechanism propose fold-a1b2c3 --run runs/1 --repo .
   bilevel mechanism propose fold-a1b2c3 --run runs/1 --repo . --remote origin`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "the mechanism is of the run in `DIRECTORY`", Required: true},
			&cli.StringFlag{Name: "repo", Usage: "clone of bilevel in `DIRECTORY`", Required: true},
			&cli.StringFlag{Name: "base", Usage: "`BRANCH` to propose it for (default: the one that is checked out)"},
			&cli.StringFlag{Name: "branch", Usage: "`BRANCH` to put it on (default: mechanism/NAME)"},
			&cli.StringFlag{Name: "remote", Usage: "push the branch to the remote `NAME`"},
			&cli.StringFlag{Name: "forge", Usage: "`KIND` of what hosts the remote, github or gitea (default: by its address)"},
			&cli.StringFlag{Name: "api", Usage: "`URL` of the forge's REST interface (default: by the remote's address)"},
			&cli.BoolFlag{Name: "anyway", Usage: "propose it although the verdict is inert or worse"},
			searchesFlag(),
		},
		Action: proposeAction,
	}
}

func proposeAction(c *cli.Context) error {
	ctx, stop := interruptible(c.Context)
	defer stop()
	p := proposal{c: c, out: c.App.Writer}
	for _, step := range []func(context.Context) error{p.open, p.review, p.commit, p.push, p.request} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return cli.Exit("interrupted", exitInterrupted)
			}
			return err
		}
	}
	return nil
}

// A proposal is one on its way: repeated after an interruption it goes on where it was.
type proposal struct {
	c   *cli.Context
	out io.Writer

	repo     *branch.Repo
	base     string // branch that it is proposed for, as this repository names it
	reviewed review.Review
	branch   string
}

// open finds the repository, before any time is spent on the review.
func (p *proposal) open(ctx context.Context) error {
	var err error
	if p.repo, err = branch.Open(ctx, p.c.String("repo")); err != nil {
		return asUsage(err)
	}
	if p.base = p.c.String("base"); p.base == "" {
		if p.base, err = p.repo.Head(ctx); err != nil {
			return asUsage(err)
		}
	}
	mod, err := p.repo.Show(ctx, p.base, "go.mod")
	if err != nil || !strings.HasPrefix(string(mod), "module "+build.Module+"\n") {
		return usage("--repo %s: branch %s holds no go.mod of module %s at its root; want a clone of bilevel", p.c.String("repo"), p.base, build.Module)
	}
	if _, err := p.repo.Show(ctx, p.base, wrap.Kept+"/generated.go"); err != nil {
		return usage("--repo %s: branch %s has no %s/generated.go, which a kept mechanism's test needs; it is older than this program", p.c.String("repo"), p.base, wrap.Kept)
	}
	if remote := p.c.String("remote"); remote != "" {
		if _, err := p.repo.Remote(ctx, remote); err != nil {
			return asUsage(err)
		}
	}
	return nil
}

func (p *proposal) review(ctx context.Context) error {
	r, err := reviewed(p.c)
	if err != nil {
		return err
	}
	if r.Verdict.Bad() && (r.Verdict.Word == review.Unfit || !p.c.Bool("anyway")) {
		for _, reason := range r.Verdict.Reasons {
			fmt.Fprintln(p.out, "- "+reason)
		}
		remedy := "; --anyway proposes it all the same"
		if r.Verdict.Word == review.Unfit {
			remedy = ""
		}
		return cli.Exit(fmt.Sprintf("%s is not proposed: the verdict is %s%s", r.Subject.Name, r.Verdict.Word, remedy), exitFindings)
	}
	p.reviewed = r
	if p.branch = p.c.String("branch"); p.branch == "" {
		p.branch = branchOf(r.Subject.Name)
	}
	return nil
}

func (p *proposal) commit(ctx context.Context) error {
	name := p.reviewed.Subject.Name
	folder, err := p.reviewed.Folder()
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for file, content := range folder {
		files[path.Join(wrap.Kept, name, file)] = content
	}
	hash, err := p.repo.Make(ctx, branch.Commit{Base: p.base, Branch: p.branch, Message: p.message(), Files: files})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s: %s; commit %.12s on branch %s, %d files in %s/%s\n", name, p.reviewed.Verdict.Word, hash, p.branch, len(files), wrap.Kept, name)
	return err
}

// message is that of the commit: what the mechanism is, and why one may want it.
func (p *proposal) message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "generated: propose %s\n\n%s\n\nVerdict of the review: %s.\n", p.reviewed.Subject.Name, firstSentence(p.reviewed), p.reviewed.Verdict.Word)
	for _, reason := range p.reviewed.Verdict.Reasons {
		fmt.Fprintf(&b, "- %s\n", reason)
	}
	return b.String()
}

func (p *proposal) push(ctx context.Context) error {
	remote := p.c.String("remote")
	if remote == "" {
		_, err := fmt.Fprintf(p.out, "nothing was pushed; with --remote it is\n")
		return err
	}
	if err := p.repo.Push(ctx, remote, p.branch); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "pushed to %s\n", remote)
	return err
}

// request opens the pull request, where there is a token to do it with.
func (p *proposal) request(ctx context.Context) error {
	remote := p.c.String("remote")
	if remote == "" {
		return nil
	}
	address, err := p.repo.Remote(ctx, remote)
	if err != nil {
		return err
	}
	at, err := forge.Locate(address, forge.Kind(p.c.String("forge")), p.c.String("api"))
	if err != nil {
		if p.c.IsSet("forge") || p.c.IsSet("api") {
			return asUsage(err)
		}
		_, err = fmt.Fprintf(p.out, "no pull request was opened: %v\n", err)
		return err
	}
	token := os.Getenv(at.Kind.Variable())
	if token == "" {
		_, err := fmt.Fprintf(p.out, "no pull request was opened: %s is not set\n", at.Kind.Variable())
		return err
	}
	pull, opened, err := forge.Open(ctx, at, token, forge.Request{
		Title: "Mechanism " + p.reviewed.Subject.Name, Body: string(p.reviewed.Page()), Head: p.branch, Base: strings.TrimPrefix(p.base, remote+"/"),
	})
	if err != nil {
		return fmt.Errorf("%w; the branch is pushed, and the same command tries again", err)
	}
	done := "brought up to date"
	if opened {
		done = "opened"
	}
	_, err = fmt.Fprintf(p.out, "pull request %d %s: %s\n", pull.Number, done, pull.URL)
	return err
}
