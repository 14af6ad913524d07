package model_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
)

type answer struct {
	Why   string             `json:"why"`
	Moves map[string]float64 `json:"moves"`
}

var answerSchema = &model.Schema{Name: "answer", JSON: json.RawMessage(`{
	"type": "object", "required": ["why", "moves"], "additionalProperties": false,
	"properties": {
		"why": {"type": "string", "minLength": 3, "maxLength": 40},
		"moves": {"type": "object", "minProperties": 1, "properties": {"LR": {"type": "number", "minimum": 0, "maximum": 1}}, "additionalProperties": false}
	}}`)}

func TestDecodeReadsPastWhatModelsPutAroundTheObject(t *testing.T) {
	const object = `{"why": "less noise", "moves": {"LR": 0.25}}`
	for name, text := range map[string]string{
		"bare":                   object,
		"fence":                  "```json\n" + object + "\n```",
		"prose":                  "Sure! I looked at {the trace}. Here it is:\n" + object + "\nHope this helps {or not}.",
		"thinking":               "<think>maybe {\"why\": \"no\", \"moves\": {\"LR\": 0.9}}?</think>\n" + object,
		"thinking, swallowed":    "maybe {\"why\": \"nope\", \"moves\": {\"LR\": 0.9}}?</think>" + object,
		"trailing commas":        `{"why": "less noise", "moves": {"LR": 0.25,},}`,
		"comments":               "{ // the reason\n\"why\": \"less noise\", /* the change */ \"moves\": {\"LR\": 0.25}}",
		"an example first":       `For example {"moves": {"LR": 0.5}} would be wrong. ` + object,
		"byte order mark":        "\ufeff" + object,
		"Windows line ends":      strings.ReplaceAll("```json\n{\n\"why\": \"less noise\",\n\"moves\": {\"LR\": 0.25}\n}\n```", "\n", "\r\n"),
		"wrapped in an object":   "{" + object + "}",
		"unfinished second part": object + "\n{\"why\": \"and",
	} {
		t.Run(name, func(t *testing.T) {
			var a answer
			if err := model.Decode(text, answerSchema, &a); err != nil {
				t.Fatalf("Decode(%q): %v", text, err)
			}
			if a.Why != "less noise" || a.Moves["LR"] != 0.25 {
				t.Errorf("Decode(%q) = %+v", text, a)
			}
		})
	}
}

func TestDecodeKeepsWhatIsInsideStrings(t *testing.T) {
	var a answer
	text := "{\"why\": \"a // b, } \\\"c\\\",\n\td\", \"moves\": {\"LR\": 1}}"
	if err := model.Decode(text, answerSchema, &a); err != nil {
		t.Fatal(err)
	}
	if want := "a // b, } \"c\",\n\td"; a.Why != want {
		t.Errorf("why = %q, want %q", a.Why, want)
	}
}

func TestDecodeErrorsSayWhatToMend(t *testing.T) {
	for text, want := range map[string]string{
		"":                                        "the reply is empty",
		"I would rather not.":                     "holds no JSON object",
		`{"why": "cut off`:                        "never closed",
		`{"moves": {"LR": 1}}`:                    `no field "why"`,
		`{"why": "x", "moves": {"LR": 1}}`:        "shorter than 3",
		`{"why": "abc", "moves": {}}`:             "at least 1",
		`{"why": "abc", "moves": {"lr":1}}`:       `field "lr", want only LR`,
		`{"why": "abc", "moves": {"LR":2}}`:       "at most 1",
		`{"why": "abc", "moves": 3}`:              "of type number, want object",
		`{"why": "abc", "moves": {"LR": "high"}}`: "of type string, want number",
		`{"why": "` + strings.Repeat("long ", 20) + `", "moves": {"LR": 1}}`:          "at most 40",
		`{"why": "abc", "moves": {"LR": 0.5}, "thoughts": "the schema forbids this"}`: `field "thoughts"`,
	} {
		var a answer
		if err := model.Decode(text, answerSchema, &a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Decode(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

func TestDecodeWithoutSchemaNamesTheFieldOfTheWrongType(t *testing.T) {
	var a answer
	err := model.Decode(`{"why": 3}`, nil, &a)
	if err == nil || !strings.Contains(err.Error(), "why is a JSON number, want string") {
		t.Errorf("got %v", err)
	}
}

func TestSourceFindsTheProgram(t *testing.T) {
	const program = "package p\n\nfunc F() {}\n"
	for name, text := range map[string]string{
		"fence":         "Here:\n```go\n" + program + "```\nDone.",
		"bare":          program,
		"comment first": "// Package p.\n" + program,
		"two fences":    "```go\nx := 1\n```\nthen\n```go\n" + program + "```\n",
		"thinking":      "<think>```go\npackage wrong // much longer than the answer is, by far\n```</think>\n```go\n" + program + "```",
		"long fence":    "````go\n" + program + "````",
		"open fence":    "Here:\n```go\n" + program,
	} {
		got, ok := model.Source(text)
		if !ok || !strings.HasSuffix(got, program) {
			t.Errorf("%s: Source = %q, %v; want %q", name, got, ok, program)
		}
	}
	for _, text := range []string{"", "No mechanism is needed.", "```go\n```"} {
		if got, ok := model.Source(text); ok {
			t.Errorf("Source(%q) = %q, want none", text, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"why": "abc", "moves": {"LR": 1}}`, "```json\n{,}\n```", `{"a": "\`, "{/*", "{//", "</think>{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a answer
		if model.Decode(text, answerSchema, &a) == nil && (len(a.Why) < 3 || len(a.Moves) == 0) {
			t.Errorf("Decode(%q) passed what the schema forbids: %+v", text, a)
		}
		model.Source(text)
	})
}
