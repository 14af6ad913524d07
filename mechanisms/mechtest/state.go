package mechtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func save(m mechanisms.Mechanism) ([]byte, error) { return json.Marshal(m) }

// load makes a mechanism as the loop does after a restart: a fresh one that reads its state.
func load(e mechanisms.Entry, state []byte) (mechanisms.Mechanism, error) {
	m := e.New()
	if err := json.Unmarshal(state, m); err != nil {
		return nil, fmt.Errorf("load the state %s: %w", clip(state), err)
	}
	return m, nil
}

// unfaithful walks a type and names the first part that JSON would lose or refuse; seen guards against types that contain themselves.
func unfaithful(t reflect.Type, path string, seen []reflect.Type) string {
	if slices.Contains(seen, t) || custom(t) {
		return ""
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return unfaithful(t.Elem(), path, seen)
	case reflect.Map:
		switch t.Key().Kind() {
		case reflect.String, reflect.Int, reflect.Int64, reflect.Uint64, reflect.Int32, reflect.Uint32:
			return unfaithful(t.Elem(), path, seen)
		}
		return fmt.Sprintf("%s is a map keyed by %s, which JSON cannot keep; key it by string or int, or use a slice", path, t.Key())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch {
			case !f.IsExported() && !(f.Anonymous && f.Type.Kind() == reflect.Struct): // JSON keeps the exported fields of an embedded struct
				return fmt.Sprintf("field %s.%s is not exported, so the state loses it at every restart; begin its name with a capital letter", path, f.Name)
			case strings.HasPrefix(f.Tag.Get("json"), "-"):
				return fmt.Sprintf("field %s.%s is left out of JSON by its tag, so the state loses it at every restart; remove the tag", path, f.Name)
			}
			if fault := unfaithful(f.Type, path+"."+f.Name, seen); fault != "" {
				return fault
			}
		}
	case reflect.Func, reflect.Chan, reflect.Interface, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		return fmt.Sprintf("%s is a %s, which JSON cannot keep; state is numbers, strings, booleans, slices, maps and structs of these", path, t)
	}
	return ""
}

// custom reports whether a type writes and reads its own JSON, as mechanisms.Trial does.
func custom(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) && p.Implements(reflect.TypeFor[json.Unmarshaler]())
}

// faithful holds that every state that came up can be written, read into a fresh value, and written again to the same bytes.
func faithful(rec *record) (faults []string) {
	if rec.saveErr != nil {
		return []string{fmt.Sprintf("the state cannot be written as JSON: %v; NaN and infinities have no JSON form: keep a flag or a count instead, or start from the first trial's value", rec.saveErr)}
	}
	var seen []byte // most calls leave the state as it was
	for _, mo := range rec.moments {
		if bytes.Equal(mo.after, seen) {
			continue
		}
		seen = mo.after
		m, err := load(rec.entry, mo.after)
		if err != nil {
			return append(faults, err.Error())
		}
		again, err := save(m)
		if err != nil || !bytes.Equal(again, mo.after) {
			return append(faults, fmt.Sprintf("after %s of trial %d the state is %s, but reading it into New() and writing it again gives %s (%v); every field must come back as it was", mo.call, mo.seq, clip(mo.after), clip(again), err))
		}
	}
	return nil
}

// reloads holds that a value loaded from the state before a call answers the call, or learns from it, as the living one did.
func reloads(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		m, err := load(rec.entry, mo.before)
		if err != nil {
			return nil // faithful reports it
		}
		got, _ := mo.ask(m)
		after, err := save(m)
		switch {
		case got != mo.answer:
			return append(faults, fmt.Sprintf("%s of trial %d answered %s, but loaded from its own state %s it answers %s; keep everything the answer depends on in exported fields", mo.call, mo.seq, mo.answer, clip(mo.before), got))
		case err != nil || !bytes.Equal(after, mo.after):
			return append(faults, fmt.Sprintf("after %s of trial %d the state is %s, but a value loaded from the state before comes to %s (%v); keep everything that is learnt in exported fields", mo.call, mo.seq, clip(mo.after), clip(after), err))
		}
	}
	return nil
}

// replays holds that a fresh value told the whole history by Observe, and asked nothing, comes to the same state.
func replays(rec *record) []string {
	if rec.stopped() || len(rec.moments) == 0 {
		return nil
	}
	m := rec.entry.New()
	for _, mo := range rec.moments {
		if mo.call == "Observe" {
			if _, stack := mo.ask(m); stack != "" {
				return []string{fmt.Sprintf("told the history of a run without having been asked anything, Observe of trial %d %s; a mechanism may take over a run that another began", mo.seq, stack)}
			}
		}
	}
	got, err := save(m)
	if want := rec.moments[len(rec.moments)-1].after; err != nil || !bytes.Equal(got, want) {
		return []string{fmt.Sprintf("having lived %d trials the state is %s, but told the same trials by Observe alone it is %s (%v); learn only in Observe, and only from the trial it is given", len(rec.trials), clip(want), clip(got), err)}
	}
	return nil
}

// shared holds that what one value learnt does not reach another: no package variable, no common slice.
func shared(rec *record) []string {
	got, err := save(rec.entry.New())
	if err != nil || !bytes.Equal(got, rec.fresh) {
		return []string{fmt.Sprintf("after a search by one value, New returns %s where before it returned %s (%v); keep state in the value, not in package variables", clip(got), clip(rec.fresh), err)}
	}
	if !rec.scenario.twice {
		return nil
	}
	if again := live(rec.entry, rec.scenario); again.trace() != rec.trace() {
		return []string{fmt.Sprintf("the same search run twice took different ways: first difference %s; use only v.Rand for chance, sort what comes out of a map, and keep nothing in package variables", difference(rec.trace(), again.trace()))}
	}
	return nil
}

// difference returns the first line in which two traces differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("%q against %q", x[i], y[i])
		}
	}
	return fmt.Sprintf("%d answers against %d", len(x), len(y))
}

// clip shortens a state for a message; a model needs its shape and beginning, not two pages of numbers.
func clip(state []byte) string {
	const most = 400
	if len(state) > most {
		return string(state[:most]) + "…"
	}
	return string(state)
}
