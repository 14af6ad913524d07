package text

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// stringField returns a field of a JSON object, several times as fast as decoding the object, and reports false for whatever
// needs a closer look: a field that is missing or no string, rare escapes, bytes that are no UTF-8, and all that is no object.
// It does not check the other fields. The last of equal names counts, as in encoding/json.
func stringField(object []byte, field string) ([]byte, bool) {
	return unquote(quotedField(object, field))
}

// quotedField returns the field with its quotes, or nothing.
func quotedField(object []byte, field string) []byte {
	s := jsonScanner{object, true}
	if !s.take('{') {
		return nil
	}
	var found []byte
	for {
		name := s.quoted()
		if bytes.IndexByte(name, '\\') >= 0 || !s.take(':') {
			return nil
		}
		value := s.value()
		if !s.ok {
			return nil
		}
		if len(name) == len(field)+2 && string(name[1:len(name)-1]) == field {
			found = value
		}
		if s.take(',') {
			continue
		}
		if !s.take('}') || len(bytes.TrimLeft(s.rest, " \t\r\n")) > 0 || len(found) == 0 || found[0] != '"' {
			return nil
		}
		return found
	}
}

// A jsonScanner goes through JSON text; ok turns false where it cannot.
type jsonScanner struct {
	rest []byte
	ok   bool
}

// take passes over white space and c, if c comes next.
func (s *jsonScanner) take(c byte) bool {
	s.rest = bytes.TrimLeft(s.rest, " \t\r\n")
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// quoted passes over a string and returns it with its quotes.
func (s *jsonScanner) quoted() []byte {
	s.rest = bytes.TrimLeft(s.rest, " \t\r\n")
	if len(s.rest) == 0 || s.rest[0] != '"' {
		s.ok = false
		return nil
	}
	for end := 1; ; end++ {
		next := bytes.IndexByte(s.rest[end:], '"')
		if next < 0 {
			s.ok = false
			return nil
		}
		end += next
		escapes := 0
		for s.rest[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			all := s.rest[:end+1]
			s.rest = s.rest[end+1:]
			return all
		}
	}
}

// value passes over any value and returns it if it is a string, else nothing.
func (s *jsonScanner) value() []byte {
	s.rest = bytes.TrimLeft(s.rest, " \t\r\n")
	if len(s.rest) > 0 && s.rest[0] == '"' {
		return s.quoted()
	}
	depth := 0
	for s.ok {
		at := bytes.IndexAny(s.rest, `"{}[],`)
		if at < 0 {
			s.ok = false
			break
		}
		switch c := s.rest[at]; {
		case c == '"':
			s.rest = s.rest[at:]
			s.quoted()
			continue
		case depth == 0 && (c == ',' || c == '}'):
			s.rest = s.rest[at:]
			return nil
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		s.rest = s.rest[at+1:]
	}
	return nil
}

// unescaped is what a backslash and a letter stand for, without \u.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unquote decodes a string in quotes. Surrogates, and bytes that are no UTF-8, it leaves to encoding/json.
func unquote(quoted []byte) ([]byte, bool) {
	if len(quoted) < 2 || !utf8.Valid(quoted) {
		return nil, false
	}
	rest := quoted[1 : len(quoted)-1]
	words := make([]byte, 0, len(rest))
	for {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 {
			return append(words, rest...), true
		}
		words = append(words, rest[:at]...)
		rest = rest[at:]
		if c := unescaped[rest[1]]; c != 0 { // a quote that is not escaped ends the string, so a byte follows
			words = append(words, c)
			rest = rest[2:]
			continue
		}
		if rest[1] != 'u' || len(rest) < 6 {
			return nil, false
		}
		r, err := strconv.ParseUint(string(rest[2:6]), 16, 16)
		if err != nil || utf16.IsSurrogate(rune(r)) {
			return nil, false
		}
		words = utf8.AppendRune(words, rune(r))
		rest = rest[6:]
	}
}
