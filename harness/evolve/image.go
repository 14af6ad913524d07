package evolve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// An Image is a runner binary with the mechanism that is in charge in it.
type Image struct {
	Name    string // of the mechanism
	Hash    string // of its source, empty when written by hand
	Shadow  string // the mechanism it replaced, asked beside it; empty for the first
	Command supervise.Command
	Binary  string // sha256 of the binary; empty for the tool itself
}

// findActive reads from the record which image is in charge.
func (r *Run) findActive() error {
	name, _ := r.Store.InCharge()
	img, err := r.image(name)
	r.active = img
	return err
}

// image finds the image of a mechanism: the tool itself for one written by hand, else the binary that level 2 made.
func (r *Run) image(name string) (Image, error) {
	m, ok := r.Store.Mechanism(name)
	if !ok || m.Hash == "" {
		return Image{Name: name, Command: r.Base(name)}, nil
	}
	img := r.made(m)
	if _, err := os.Stat(img.Command.Path); err != nil && r.Start == nil {
		return Image{}, fatal(fmt.Errorf("mechanism %s: its binary is gone: %w; build it again with bilevel mechanism build, or start another run", name, err))
	}
	return img, nil
}

// made is the image of a mechanism that level 2 made. A runner may carry others: the arguments say which is meant.
func (r *Run) made(m store.Mechanism) Image {
	return Image{Name: m.Name, Hash: m.Hash, Shadow: m.Parent, Binary: m.Binary, Command: supervise.Command{Path: r.binary(m.Binary), Args: []string{"serve", m.Name, m.Parent}}}
}

// binary is where the run keeps the runner with this sha256. A run without a folder leaves it where it was made.
func (r *Run) binary(hash string) string {
	if r.Store.Dir() == "" {
		return r.binaries[hash]
	}
	return filepath.Join(r.Store.Dir(), Binaries, hash)
}

// Binaries is the folder of a run's folder that holds the runners which level 2 made.
const Binaries = "bin"

// predecessor is the mechanism that comes back when the active one is taken out.
func (r *Run) predecessor() string { return r.active.Shadow }

// takeOut puts the predecessor in charge again, and says why in the record.
func (r *Run) takeOut(kind store.Change, why string) error {
	from := r.active.Name
	to, err := r.image(r.predecessor())
	if err != nil {
		return err
	}
	seq := r.decided() + 1
	if err := r.Store.RecordSwitch(r.change(kind, to, why)); err != nil {
		return fatal(err)
	}
	r.active = to
	event := EventQuarantine
	if kind == store.Retire {
		event = EventRetired
	}
	r.tell(Event{Kind: event, Seq: seq, Mechanism: from, Text: why})
	return nil
}

// change is the record of a change of charge from the active image to another.
func (r *Run) change(kind store.Change, to Image, why string) store.Switch {
	return store.Switch{N: len(r.Store.Switches()), Seq: r.decided() + 1, Kind: kind, From: r.active.Name, To: to.Name, Shadow: to.Shadow, Why: why, View: viewHash(r.Store.View())}
}

// viewHash identifies a view. It stands in the record of every change of charge, so that anybody can see that nothing was
// lost by it.
func viewHash(v wire.View) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data; trials write their NaN as null
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// exec is the order that turns the running image into the active one.
func (r *Run) exec() (*wire.Exec, error) {
	if r.Start != nil {
		return &wire.Exec{}, nil // serve ends the runner and starts the next
	}
	hash, err := fileHash(r.active.Command.Path)
	if err != nil {
		return nil, fatal(err)
	}
	if r.active.Binary != "" && hash != r.active.Binary {
		return nil, fatal(fmt.Errorf("binary %s of mechanism %s has sha256 %.12s, want %.12s; it was changed since it was built: remove it and continue the run", r.active.Command.Path, r.active.Name, hash, r.active.Binary))
	}
	return &wire.Exec{Path: r.active.Command.Path, Hash: hash, Args: r.active.Command.Args}, nil
}

// death is one place in a run at which a runner died.
type death struct {
	mechanism string
	progress  int // grows with every recorded proposal and decision
}

// patience is how much more often a runner is started again where that is no fault of a generated mechanism: one by hand
// has nothing behind it, and a mechanism cannot send its own process a signal.
const patience = 4

// ErrMechanism says that the mechanism in charge failed and none was there to take its place.
var ErrMechanism = errors.New("mechanism")

// failed decides what becomes of a runner that failed. A mechanism that says itself what is wrong is taken out at once. A
// runner that died without a word, hung or spoke garbage is started again, because the cause may have been somebody else's
// signal: the same decision is asked again, and a mechanism that fails twice at it is taken out. One written by hand has
// nothing behind it, and stops the run.
func (r *Run) failed(cause error) error {
	var stop fatalError
	if errors.As(cause, &stop) {
		return stop.err
	}
	v := r.Store.View()
	d := death{r.active.Name, 2*r.Store.Decided() + len(v.Pending)}
	r.deaths[d]++
	retries := r.Limits.Retries
	var ended *supervise.EndedError
	if errors.As(cause, &ended) && len(r.Within) > 0 && ended.Code == contain.ExitFailed {
		return fmt.Errorf("mechanism %s: its runner was not started: %w", r.active.Name, cause) // and is not to blame
	}
	if r.predecessor() == "" || errors.As(cause, &ended) && ended.Signal != "" {
		retries *= patience
	}
	var fault *mechanismFault
	if !errors.As(cause, &fault) && r.deaths[d] <= retries {
		r.tell(Event{Kind: EventRunner, Seq: r.decided(), Mechanism: d.mechanism, Text: cause.Error()})
		return nil
	}
	if r.predecessor() == "" {
		return fmt.Errorf("%w: %s, with none before it to go back to: %w; choose another with --mechanism", ErrMechanism, r.active.Name, cause)
	}
	kind := store.Quarantine
	if r.Store.Decided() <= r.since() {
		kind = store.RollBack
	}
	return r.takeOut(kind, cause.Error())
}

// since is the Seq of the first trial that the active mechanism had a say in.
func (r *Run) since() int {
	switches := r.Store.Switches()
	if len(switches) == 0 {
		return 0
	}
	return switches[len(switches)-1].Seq
}

func fileHash(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}
