package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// small is a module with the shape of the real one: a contract, and a program that uses what an overlay selects.
func small() []Part {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return []Part{
		{Dir: "mechanisms", Files: fstest.MapFS{
			"mechanism.go":      text("package mechanisms\n\ntype Mechanism interface{ Word() string }\n"),
			"mechanism_test.go": text("package mechanisms\n\nimport _ \"example.com/not/there\"\n"),
			"plain/plain.go":    text("package plain\n\ntype T struct{}\n\nfunc (T) Word() string { return \"plain\" }\n"),
		}},
		{Dir: "cmd", Files: fstest.MapFS{
			"runner/main.go":     text("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(selected().Word()) }\n"),
			"runner/selected.go": text("package main\n\nimport (\n\t\"" + Module + "/mechanisms\"\n\t\"" + Module + "/mechanisms/plain\"\n)\n\nfunc selected() mechanisms.Mechanism { return plain.T{} }\n"),
		}},
	}
}

// selecting is an overlay that brings in a package that says the word, in place of plain.
func selecting(word string) Target {
	return Target{Package: "cmd/runner", Overlay: map[string][]byte{
		"mechanisms/generated/new/new.go": []byte("package new\n\ntype T struct{}\n\nfunc (T) Word() string { return \"" + word + "\" }\n"),
		"cmd/runner/selected.go":          nil,
		"cmd/runner/zz_selected.go":       []byte("package main\n\nimport (\n\t\"" + Module + "/mechanisms\"\n\t\"" + Module + "/mechanisms/generated/new\"\n)\n\nfunc selected() mechanisms.Mechanism { return new.T{} }\n"),
	}}
}

func newBuilder(t testing.TB, o Options) *Builder {
	t.Helper()
	if o.Cache == "" {
		o.Cache = t.TempDir()
	}
	if o.Parts == nil {
		o.Parts = small()
	}
	b, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustBuild(t testing.TB, b *Builder, target Target) Binary {
	t.Helper()
	bin, err := b.Build(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func says(t testing.TB, bin Binary) string {
	t.Helper()
	out, err := exec.Command(bin.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestOverlaySelectsWhatIsCompiledIn(t *testing.T) {
	b := newBuilder(t, Options{})
	if got := says(t, mustBuild(t, b, Target{Package: "cmd/runner"})); got != "plain" {
		t.Errorf("program without overlay says %q, want plain", got)
	}
	if got := says(t, mustBuild(t, b, selecting("changed"))); got != "changed" {
		t.Errorf("program with overlay says %q, want changed", got)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "mechanisms", "generated")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("generated folder in the snapshot: %v, want none", err)
	}
}

// Two machines are two cache folders and two homes here.
func TestSameInputsGiveSameBytesAnywhere(t *testing.T) {
	one, two := newBuilder(t, Options{}), newBuilder(t, Options{})
	a, b := mustBuild(t, one, selecting("same")), mustBuild(t, two, selecting("same"))
	if a.Hash != b.Hash || a.Record.Key != b.Record.Key {
		t.Errorf("hashes %s and %s, keys %s and %s; want equal", a.Hash, b.Hash, a.Record.Key, b.Record.Key)
	}
	content, err := os.ReadFile(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{one.cache, os.TempDir() + "/", one.tool.Root} {
		if strings.Contains(string(content), path) {
			t.Errorf("binary holds the path %s of the machine that built it", path)
		}
	}
	if c := mustBuild(t, one, selecting("other")); c.Hash == a.Hash {
		t.Error("another source gave the same binary")
	}
}

// What is compiled and linked directly is, to the byte, what go build makes; and the record says which it was.
func TestDirectBuildGivesTheBytesOfGoBuild(t *testing.T) {
	slow, quick := newBuilder(t, Options{}), newBuilder(t, Options{})
	if err := quick.Prepare(context.Background(), "cmd/runner", []string{"strings"}); err != nil {
		t.Fatal(err)
	}
	if !quick.plan.Same {
		t.Fatal("the direct build of the base differs from go build's")
	}
	target := selecting("swift")
	target.Overlay["mechanisms/generated/new/zz_more.go"] = []byte("package new\n\nimport \"strings\"\n\nfunc Loud() string { return strings.ToUpper(T{}.Word()) }\n")
	a, b := mustBuild(t, slow, target), mustBuild(t, quick, target)
	if a.Hash != b.Hash || a.Record.Key != b.Record.Key {
		t.Errorf("go build: %s (key %s), direct: %s (key %s); want equal", a.Hash, a.Record.Key, b.Hash, b.Record.Key)
	}
	if a.Record.Driver != driverGo || b.Record.Driver != driverDirect || says(t, b) != "swift" {
		t.Errorf("drivers %q and %q, says %q; want %q and %q, swift", a.Record.Driver, b.Record.Driver, says(t, b), driverGo, driverDirect)
	}
	target.Overlay["mechanisms/generated/new/zz_more.go"] = []byte("package new\n\nimport \"container/ring\"\n\nfunc Ring() int { return ring.New(1).Len() }\n")
	if c := mustBuild(t, quick, target); c.Record.Driver != driverGo {
		t.Errorf("a package that was not prepared was built by %q, want %q", c.Record.Driver, driverGo)
	}
	for _, archive := range []string{"/gone/from/the/cache.a", quick.plan.Archives["strings"]} {
		quick.plan.Archives["strings"] = archive
		target.Overlay["mechanisms/generated/new/zz_more.go"] = []byte("package new\n\nimport \"strings\"\n\nfunc More() string { return strings.ToLower(\"" + archive + "\") }\n")
		if c := mustBuild(t, quick, target); (c.Record.Driver == driverGo) != strings.HasPrefix(archive, "/gone") {
			t.Errorf("with archive %s it was built by %q", archive, c.Record.Driver)
		}
	}
	again := newBuilder(t, Options{Cache: quick.cache})
	again.tool.Path = "/no/go/command"
	if err := again.Prepare(context.Background(), "cmd/runner", []string{"strings"}); err != nil {
		t.Errorf("the second preparation needs the go command: %v", err)
	}
	// What was prepared by another process gives the same bytes too.
	if err := os.RemoveAll(filepath.Join(again.cache, "bin")); err != nil {
		t.Fatal(err)
	}
	target.Overlay["mechanisms/generated/new/zz_more.go"] = []byte("package new\n\nimport \"strings\"\n\nfunc Loud() string { return strings.ToUpper(T{}.Word()) }\n")
	if c := mustBuild(t, again, target); c.Record.Driver != driverDirect || c.Hash != a.Hash {
		t.Errorf("prepared by another: %s by %q, want %s by %q", c.Hash, c.Record.Driver, a.Hash, driverDirect)
	}
}

func TestSecondBuildComesFromTheCacheUnlessItIsDamaged(t *testing.T) {
	b := newBuilder(t, Options{})
	first := mustBuild(t, b, selecting("cached"))
	second := mustBuild(t, b, selecting("cached"))
	if first.Cached || !second.Cached || first.Hash != second.Hash {
		t.Errorf("cached %v then %v, hashes %s and %s; want false, true, equal", first.Cached, second.Cached, first.Hash, second.Hash)
	}
	if err := os.WriteFile(first.Path, []byte("#!/bin/sh\necho damaged\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	third := mustBuild(t, b, selecting("cached"))
	if third.Cached || third.Hash != first.Hash || says(t, third) != "cached" {
		t.Errorf("after damage: cached %v, hash %s; want rebuilt with hash %s", third.Cached, third.Hash, first.Hash)
	}
}

// Two runs may start at the same moment on an empty cache.
func TestBuildersShareACacheAtTheSameTime(t *testing.T) {
	cache := t.TempDir()
	hashes := make(chan string, 4)
	for range cap(hashes) {
		go func() {
			b, err := New(context.Background(), Options{Cache: cache, Parts: small()})
			if err == nil {
				err = b.Prepare(context.Background(), "cmd/runner", nil)
			}
			if err != nil {
				hashes <- err.Error()
				return
			}
			bin, err := b.Build(context.Background(), selecting("shared"))
			hashes <- fmt.Sprint(bin.Hash, err)
		}()
	}
	first := <-hashes
	for range cap(hashes) - 1 {
		if next := <-hashes; next != first {
			t.Errorf("one builder made %s, another %s; want the same binary", first, next)
		}
	}
	if len(first) != 64+len("<nil>") {
		t.Errorf("the builders made %s, want a hash and no error", first)
	}
}

func TestDamagedSnapshotIsWrittenAgain(t *testing.T) {
	cache := t.TempDir()
	b := newBuilder(t, Options{Cache: cache})
	extra := filepath.Join(b.dir, "cmd", "runner", "extra.go")
	if err := os.WriteFile(extra, []byte("package main\n\nfunc init() { panic(1) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	newBuilder(t, Options{Cache: cache})
	if _, err := os.Stat(extra); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("foreign file in the snapshot: %v, want it gone", err)
	}
}

func TestCompilerRefusalIsACompileError(t *testing.T) {
	target := selecting("x")
	target.Overlay["mechanisms/generated/new/new.go"] = []byte("package new\n\ntype T struct{}\n\nfunc (T) Word() string { return 1 }\n")
	prepared := newBuilder(t, Options{})
	if err := prepared.Prepare(context.Background(), "cmd/runner", nil); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*Builder{newBuilder(t, Options{}), prepared} {
		_, err := b.Build(context.Background(), target)
		var c *CompileError
		if !errors.As(err, &c) || !strings.Contains(c.Output, "mechanisms/generated/new/new.go:5:33") || strings.Contains(c.Output, b.cache) {
			t.Errorf("error %v, want a CompileError that names mechanisms/generated/new/new.go:5:33 and no folder of this machine", err)
		}
	}
}

// Of many packages side by side those are named that the compiler refuses, and one that was compiled before is not
// compiled again.
func TestOfManyPackagesTheRefusedAreNamed(t *testing.T) {
	target := selecting("many")
	for _, name := range []string{"b", "c", "d"} {
		target.Overlay["mechanisms/generated/"+name+"/x.go"] = []byte("package " + name + "\n\nvar X int = \"" + name + "\"\n")
	}
	target.Overlay["mechanisms/generated/c/x.go"] = []byte("package c\n\nvar X int = 1\n")
	target.Overlay["cmd/runner/zz_more.go"] = []byte("package main\n\nimport (\n\t_ \"" + Module + "/mechanisms/generated/b\"\n\t_ \"" + Module + "/mechanisms/generated/c\"\n\t_ \"" + Module + "/mechanisms/generated/d\"\n)\n")
	prepared := newBuilder(t, Options{})
	if err := prepared.Prepare(context.Background(), "cmd/runner", nil); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*Builder{newBuilder(t, Options{}), prepared} {
		_, err := b.Build(context.Background(), target)
		var c *CompileError
		if !errors.As(err, &c) || !slices.Equal(c.Dirs, []string{"mechanisms/generated/b", "mechanisms/generated/d"}) {
			t.Errorf("error %v, want one that names b and d", err)
		}
	}
	archives, err := filepath.Glob(filepath.Join(prepared.cache, archiveDir, "*", "*.a"))
	if err != nil || len(archives) != 2 {
		t.Fatalf("%d archives kept (%v), want those of c and of the package that is selected", len(archives), err)
	}
	read := func(damage bool) (content string) {
		for _, a := range archives {
			b, err := os.ReadFile(a)
			if err != nil {
				t.Fatal(err)
			}
			content += string(b)
			if damage {
				if err := os.WriteFile(a, b[:len(b)/2], 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		return content
	}
	want := read(true)
	if got := says(t, mustBuild(t, prepared, selecting("many"))); got != "many" {
		t.Errorf("with damaged archives the program says %q, want many", got)
	}
	if got := read(false); len(got) <= len(want)/2 {
		t.Error("the damaged archive was not made again")
	}
}

func TestWhatIsLongUnusedIsSweptAway(t *testing.T) {
	b := newBuilder(t, Options{})
	old, recent := mustBuild(t, b, selecting("old")), mustBuild(t, b, selecting("recent"))
	long := time.Now().Add(-keepParts - time.Hour)
	left := filepath.Join(b.cache, "tmp", "left")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(old.Path), left} {
		if err := os.Chtimes(dir, long, long); err != nil {
			t.Fatal(err)
		}
	}
	newBuilder(t, Options{Cache: b.cache})
	for dir, kept := range map[string]bool{filepath.Dir(old.Path): false, left: false, filepath.Dir(recent.Path): true, b.dir: true} {
		if _, err := os.Stat(dir); (err == nil) != kept {
			t.Errorf("%s: %v after the sweep, want it kept: %v", dir, err, kept)
		}
	}
}

func TestKeysDoNotReachTheBuild(t *testing.T) {
	for _, kv := range public([]string{"OPENAI_API_KEY=k", "GOFLAGS=-mod=mod", "PATH=/bin", "AWS_SECRET=x", "GOCACHE=/c"}) {
		if kv != "PATH=/bin" && kv != "GOCACHE=/c" {
			t.Errorf("%s reaches the go command", kv)
		}
	}
}

func TestMissingOrOldToolchainIsOneClearError(t *testing.T) {
	old := filepath.Join(t.TempDir(), "go")
	script := "#!/bin/sh\necho '{\"GOVERSION\":\"go1.21.3\",\"GOROOT\":\"/x\",\"GOCACHE\":\"/y\",\"GOHOSTOS\":\"linux\",\"GOHOSTARCH\":\"amd64\"}'\n"
	if err := os.WriteFile(old, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{old: "is go1.21.3, want go1.26 or later", filepath.Join(t.TempDir(), "none"): "no such file"} {
		_, err := New(context.Background(), Options{Cache: t.TempDir(), Parts: small(), Go: command})
		if !errors.Is(err, ErrToolchain) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "https://go.dev/dl") {
			t.Errorf("toolchain %s: error %v, want ErrToolchain with %q and the remedy", command, err, want)
		}
	}
}

func TestExportsComeFromTheCacheTheSecondTime(t *testing.T) {
	b := newBuilder(t, Options{})
	packages := []string{"math", Module + "/mechanisms"}
	for range 2 {
		e, err := b.Exports(context.Background(), packages)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packages {
			r, err := e.Open(p)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		if _, err := e.Open("os"); err == nil {
			t.Error("export data of os, want none")
		}
		b.tool.Path = "/no/go/command" // the second time must not need it
	}
}

func BenchmarkBuildWarm(b *testing.B) {
	builder := newBuilder(b, Options{})
	if err := builder.Prepare(context.Background(), "cmd/runner", nil); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		mustBuild(b, builder, selecting("word "+strings.Repeat("x", i+1)))
	}
}
