package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// rule is the part of JSON Schema that replies need.
type rule struct {
	Type       string          `json:"type"`
	Properties map[string]rule `json:"properties"`
	Required   []string        `json:"required"`
	Additional *bool           `json:"additionalProperties"`
	Items      *rule           `json:"items"`
	Enum       []string        `json:"enum"`
	Minimum    *float64        `json:"minimum"`
	Maximum    *float64        `json:"maximum"`
	MinLength  int             `json:"minLength"`
	MaxLength  int             `json:"maxLength"`
	MinItems   int             `json:"minItems"`
	MaxItems   int             `json:"maxItems"`
	MinProps   int             `json:"minProperties"`
}

// Check returns an error that names the first place where the document does not follow the schema, what is there and
// what is wanted. Keywords that rule does not have are not checked.
func (s *Schema) Check(document []byte) error {
	var r rule
	if err := json.Unmarshal(s.JSON, &r); err != nil {
		return fmt.Errorf("schema %s: %w", s.Name, err)
	}
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		return err
	}
	return r.check("the reply", v)
}

func (r rule) check(at string, v any) error {
	if got := typeOf(v); r.Type != "" && got != r.Type && !(r.Type == "integer" && isWhole(v)) {
		return fmt.Errorf("%s is of type %s, want %s", at, got, r.Type)
	}
	switch v := v.(type) {
	case map[string]any:
		return r.checkObject(at, v)
	case []any:
		return r.checkArray(at, v)
	case string:
		return r.checkString(at, v)
	case float64:
		if r.Minimum != nil && v < *r.Minimum {
			return fmt.Errorf("%s is %g, want at least %g", at, v, *r.Minimum)
		}
		if r.Maximum != nil && v > *r.Maximum {
			return fmt.Errorf("%s is %g, want at most %g", at, v, *r.Maximum)
		}
	}
	return nil
}

func (r rule) checkObject(at string, v map[string]any) error {
	for _, name := range r.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no field %q, which is required", at, name)
		}
	}
	if len(v) < r.MinProps {
		return fmt.Errorf("%s has %d fields, want at least %d", at, len(v), r.MinProps)
	}
	for _, name := range sortedKeys(v) {
		inner, known := r.Properties[name]
		if !known && r.Additional != nil && !*r.Additional {
			return fmt.Errorf("%s has a field %q, want only %s", at, name, strings.Join(sortedKeys(r.Properties), ", "))
		}
		if !known {
			continue
		}
		if err := inner.check(fmt.Sprintf("field %q of %s", name, at), v[name]); err != nil {
			return err
		}
	}
	return nil
}

func (r rule) checkArray(at string, v []any) error {
	if len(v) < r.MinItems {
		return fmt.Errorf("%s has %d items, want at least %d", at, len(v), r.MinItems)
	}
	if r.MaxItems > 0 && len(v) > r.MaxItems {
		return fmt.Errorf("%s has %d items, want at most %d", at, len(v), r.MaxItems)
	}
	for i, x := range v {
		if r.Items == nil {
			break
		}
		if err := r.Items.check(fmt.Sprintf("item %d of %s", i+1, at), x); err != nil {
			return err
		}
	}
	return nil
}

func (r rule) checkString(at, v string) error {
	switch {
	case len(r.Enum) > 0 && !slices.Contains(r.Enum, v):
		return fmt.Errorf("%s is %q, want one of %s", at, v, strings.Join(r.Enum, ", "))
	case len(strings.TrimSpace(v)) < r.MinLength:
		return fmt.Errorf("%s is empty or shorter than %d characters", at, r.MinLength)
	case r.MaxLength > 0 && len([]rune(v)) > r.MaxLength:
		return fmt.Errorf("%s has %d characters, want at most %d", at, len([]rune(v)), r.MaxLength)
	}
	return nil
}

func typeOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

func isWhole(v any) bool {
	x, ok := v.(float64)
	return ok && x == float64(int64(x))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
