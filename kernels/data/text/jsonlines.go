package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// readJSONLines makes the named field of each line a document. Empty lines are passed over.
func readJSONLines(in *stream, f file, field string, to emit) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			words, err := fieldOf(line, field)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if err := to(Document{Name: fmt.Sprintf("%s:%d", f.path, number), Bytes: words, Read: in.position()}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine returns a line, whose bytes stay until the next call.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	whole := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(whole) > longestDocument {
			return nil, fmt.Errorf("more than %d bytes; want one document a line", longestDocument)
		}
		line, err = r.ReadSlice('\n')
		whole = append(whole, line...)
	}
	return whole, err
}

func fieldOf(line []byte, field string) ([]byte, error) {
	if words, ok := stringField(line, field); ok {
		return words, nil
	}
	return decodedField(line, field)
}

// decodedField serves the lines that stringField does not, and says what is wrong with them.
func decodedField(line []byte, field string) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return nil, fmt.Errorf("%w; want one JSON object a line", err)
	}
	raw, ok := object[field]
	if !ok {
		return nil, fmt.Errorf("no field %q, there are %s; name the one that holds the text", field, strings.Join(slices.Sorted(maps.Keys(object)), ", "))
	}
	var words *string // null is no text
	if err := json.Unmarshal(raw, &words); err != nil {
		return nil, fmt.Errorf("field %q is %.40s, want a string", field, raw)
	}
	if words == nil {
		return nil, nil
	}
	return []byte(*words), nil
}
