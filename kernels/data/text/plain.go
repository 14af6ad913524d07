package text

import (
	"bytes"
	"fmt"
	"io"
)

// readWhole makes a file one document.
func readWhole(in *stream, f file, to emit) error {
	data, err := io.ReadAll(io.LimitReader(in, longestDocument+1))
	if err != nil {
		return err
	}
	if len(data) > longestDocument {
		return fmt.Errorf("more than %d bytes in one document; cut plain files into smaller ones, at 16384 bytes for example", longestDocument)
	}
	return to(Document{Name: f.path, Bytes: data, Read: f.size})
}

// readPieces makes documents of at most cut bytes that end at line ends; a line longer than that is divided.
func readPieces(in *stream, f file, cut int, to emit) error {
	var rest []byte
	for at := 0; ; {
		piece := make([]byte, cut)
		kept := copy(piece, rest)
		n, err := io.ReadFull(in, piece[kept:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		piece, rest = piece[:kept+n], nil
		if end := bytes.LastIndexByte(piece, '\n') + 1; !last && end > 0 {
			piece, rest = piece[:end], piece[end:]
		}
		if err := to(Document{Name: fmt.Sprintf("%s at %d", f.path, at), Bytes: piece, Read: in.position()}); err != nil || last {
			return err
		}
		at += len(piece)
	}
}
