package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// readParquet makes the named column of each row a document, page by page. Rows without text are passed over.
func readParquet(f file, column string, to emit) error {
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	r := &columnReader{}
	if err := guard(func() error { return r.open(in, f.size, column) }); err != nil {
		return err
	}
	defer r.close()
	var texts [][]byte
	for row := int64(0); ; {
		err := guard(func() (err error) {
			texts, err = r.next(texts[:0])
			return err
		})
		for _, words := range texts {
			row++
			read := int64(float64(f.size) * (float64(row) / float64(r.rows)))
			if err := to(Document{Name: fmt.Sprintf("%s row %d", f.path, row), Bytes: words, Read: read}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("behind row %d: %w", row, err)
		}
	}
}

// guard makes errors of panics: the library has them for some damaged files.
func guard(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("damaged Parquet file: %v", r)
		}
	}()
	return call()
}

// A columnReader reads one column of a Parquet file.
type columnReader struct {
	rows   int64 // in the file
	leaf   int   // number of the column
	groups []parquet.RowGroup
	pages  parquet.Pages // of the group being read, or nil
	page   parquet.Page  // the one being read, or nil
	values parquet.ValueReader
	buffer [128]parquet.Value
}

func (r *columnReader) open(in *os.File, size int64, column string) error {
	table, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	r.rows, r.groups = table.NumRows(), table.RowGroups()
	r.leaf, err = textColumn(table.Schema(), column)
	return err
}

// textColumn finds the column by its name and refuses one that does not hold one text a row.
func textColumn(schema *parquet.Schema, name string) (int, error) {
	leaf, ok := schema.Lookup(strings.Split(name, ".")...)
	if !ok {
		var names []string
		for _, path := range schema.Columns() {
			names = append(names, strings.Join(path, "."))
		}
		return 0, fmt.Errorf("no column %q, there are %s; name the one that holds the text", name, strings.Join(names, ", "))
	}
	if kind := leaf.Node.Type().Kind(); kind != parquet.ByteArray || leaf.MaxRepetitionLevel > 0 {
		return 0, fmt.Errorf("column %q has type %s repeated up to level %d, want a BYTE_ARRAY once a row", name, kind, leaf.MaxRepetitionLevel)
	}
	return leaf.ColumnIndex, nil
}

// next appends the texts of some rows, nil for a row without, and returns io.EOF behind the last.
func (r *columnReader) next(texts [][]byte) ([][]byte, error) {
	if r.page == nil {
		if err := r.nextPage(); err != nil {
			return texts, err
		}
	}
	n, err := r.values.ReadValues(r.buffer[:])
	for _, value := range r.buffer[:n] {
		var words []byte
		if !value.IsNull() {
			words = bytes.Clone(value.ByteArray()) // which lies in the page, and that is used again
		}
		if len(words) > longestDocument {
			return texts, fmt.Errorf("%d bytes of text, want at most %d", len(words), longestDocument)
		}
		texts = append(texts, words)
	}
	if errors.Is(err, io.EOF) {
		parquet.Release(r.page)
		r.page = nil
		return texts, nil
	}
	return texts, err
}

func (r *columnReader) nextPage() error {
	for {
		if r.pages == nil {
			if len(r.groups) == 0 {
				return io.EOF
			}
			r.pages = r.groups[0].ColumnChunks()[r.leaf].Pages()
			r.groups = r.groups[1:]
		}
		page, err := r.pages.ReadPage()
		if err == nil {
			r.page, r.values = page, page.Values()
			return nil
		}
		if err != io.EOF {
			return err
		}
		if err := r.pages.Close(); err != nil {
			return err
		}
		r.pages = nil
	}
}

func (r *columnReader) close() {
	if r.pages != nil {
		r.pages.Close() // for reading, so there is nothing to lose
	}
}
