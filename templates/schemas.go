package templates

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed schemas/*.json
var schemas embed.FS

// Schema returns the JSON schema of a reply: "changes", "course", "exploration", "verdict" or "spec". Any other name is a
// programmer's mistake.
func Schema(name string) json.RawMessage {
	b, err := schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		panic(fmt.Sprintf("templates: no schema %q", name))
	}
	return b
}

// A Variable is what ChangesSchema must know of a parameter.
type Variable struct {
	Name     string
	Labels   []string // of a choice; nil for a number
	Whole    bool     // only whole numbers
	Min, Max float64
}

// ChangesSchema is the schema of Changes for these parameters, so that a server that enforces schemas lets the model name
// no other parameter and write no value outside its range. Fewest is the least number of parameters to name: 0 where the model
// may decline, else 1.
func ChangesSchema(variables []Variable, fewest int) json.RawMessage {
	values := map[string]any{}
	for _, v := range variables {
		switch {
		case v.Labels != nil:
			values[v.Name] = map[string]any{"type": "string", "enum": v.Labels}
		case v.Whole:
			values[v.Name] = map[string]any{"type": "integer", "minimum": v.Min, "maximum": v.Max}
		default:
			values[v.Name] = map[string]any{"type": "number", "minimum": v.Min, "maximum": v.Max}
		}
	}
	b, err := json.Marshal(map[string]any{
		"type":                 "object",
		"required":             []string{"changes", "why"},
		"additionalProperties": false,
		"properties": map[string]any{
			"changes": map[string]any{"type": "object", "properties": values, "minProperties": fewest, "additionalProperties": false},
			"why":     map[string]any{"type": "string"},
		},
	})
	if err != nil {
		panic(err) // strings and finite numbers only
	}
	return b
}
