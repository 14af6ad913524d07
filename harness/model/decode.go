package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Decode reads the JSON object in a reply into target. It looks past what models put around it: thinking tags, code
// fences, prose before and after, trailing commas, comments, and line breaks inside strings. Of several objects the first
// that follows the schema counts. A nil schema asks only that the object fits target.
//
// The error is written for the model: it says what in the reply is wrong and what is wanted instead.
func Decode(text string, s *Schema, target any) error {
	objects := objects(withoutThinking(text))
	if len(objects) == 0 {
		return errors.New(noObject(text))
	}
	var first error
	for _, o := range objects {
		err := decode(o, s, target)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func decode(object []byte, s *Schema, target any) error {
	if s != nil {
		if err := s.Check(object); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(object, target); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s is a JSON %s, want %s", wrong.Field, wrong.Value, wrong.Type)
		}
		return err
	}
	return nil
}

func noObject(text string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return "the reply is empty; answer with one JSON object"
	case strings.Contains(text, "{"):
		return "the reply holds no complete JSON object (an opening brace is never closed, or what is between the braces is not JSON); answer with one short, complete JSON object and nothing else"
	}
	return "the reply holds no JSON object; answer with one JSON object and nothing else"
}

// withoutThinking drops what a reasoning model thought aloud before its answer.
func withoutThinking(text string) string {
	for _, tag := range []string{"think", "thinking", "reasoning", "thought"} {
		open, shut := "<"+tag+">", "</"+tag+">"
		for {
			end := strings.Index(text, shut)
			if end < 0 {
				break
			}
			// Some servers swallow the opening tag, so thinking without one begins at the start.
			begin := max(strings.LastIndex(text[:end], open), 0)
			text = text[:begin] + text[end+len(shut):]
		}
	}
	return text
}

// maxBraces bounds how many braces that open no object are tried, so that a reply of a million braces costs no time.
const maxBraces = 200

// objects returns every outermost JSON object in the text, in order, mended where needed to be valid JSON.
func objects(text string) [][]byte {
	var found [][]byte
	for i, tries := 0, 0; i < len(text) && tries < maxBraces; {
		if text[i] != '{' {
			i++
			continue
		}
		object, n := balanced(text[i:])
		if n == 0 || !json.Valid(object) {
			i, tries = i+1, tries+1 // a brace in prose; an object may begin inside it
			continue
		}
		found = append(found, object)
		i += n
	}
	return found
}

// balanced reads from the brace at the start of text to the one that closes it. It returns what lies between, made
// stricter: without comments and trailing commas, with line breaks and tabs in strings escaped; and how many bytes of
// text that was, 0 when the brace is never closed.
func balanced(text string) ([]byte, int) {
	var out bytes.Buffer
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			n := quoted(text[i:], &out)
			if n == 0 {
				return nil, 0
			}
			i += n - 1
		case strings.HasPrefix(text[i:], "//"):
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return nil, 0
			}
			i += n
		case strings.HasPrefix(text[i:], "/*"):
			n := strings.Index(text[i+2:], "*/")
			if n < 0 {
				return nil, 0
			}
			i += n + 3
		case c == '{' || c == '[':
			depth++
			out.WriteByte(c)
		case c == '}' || c == ']':
			dropComma(&out)
			out.WriteByte(c)
			if depth--; depth == 0 {
				return out.Bytes(), i + 1
			}
		default:
			out.WriteByte(c)
		}
	}
	return nil, 0
}

// quoted copies the string that begins at text and returns its length in text, 0 when it never ends.
func quoted(text string, out *bytes.Buffer) int {
	out.WriteByte('"')
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			out.WriteByte(c)
			return i + 1
		case c == '\\' && i+1 < len(text):
			out.WriteString(text[i : i+2])
			i++
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
		case c < ' ':
			fmt.Fprintf(out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	return 0
}

func dropComma(out *bytes.Buffer) {
	kept := bytes.TrimRight(out.Bytes(), " \t\r\n")
	if len(kept) > 0 && kept[len(kept)-1] == ',' {
		out.Truncate(len(kept) - 1)
	}
}

// Source returns the program in a reply: the content of its longest fenced block, or the whole reply when it has no fence
// and begins as a Go file does. It returns false when there is none.
func Source(text string) (string, bool) {
	text = withoutThinking(text)
	best, inside := "", false
	var block []string
	fence := ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case !inside && strings.HasPrefix(trimmed, "```"):
			inside, block = true, nil
			fence = trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
		case inside && trimmed == fence:
			inside = false
			if s := strings.Join(block, ""); len(s) > len(best) {
				best = s
			}
		case inside:
			block = append(block, line)
		}
	}
	if s := strings.Join(block, ""); inside && len(s) > len(best) {
		best = s // a fence that was never closed: the reply was cut off, or its author forgot
	}
	if best == "" && startsLikeGo(text) {
		best = text
	}
	return best, strings.TrimSpace(best) != ""
}

// startsLikeGo reports whether the first line that is neither blank nor a comment is a package clause.
func startsLikeGo(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		return strings.HasPrefix(line, "package ")
	}
	return false
}

// maxEcho bounds how much of a reply stays in the conversation, in bytes: several times the longest program that the
// gates let through in practice.
const maxEcho = 64 << 10

// Shorten returns a reply as it goes back into a conversation: whole, or its beginning when it is very long.
func Shorten(reply string) string {
	if len(reply) <= maxEcho {
		return reply
	}
	return strings.ToValidUTF8(reply[:maxEcho], "") + "\n[the rest of this reply is left out]"
}
