//go:build !unix

package data

import "os"

// mapFile reads the file: where there is no mmap a copy in each process is the price.
func mapFile(path string) ([]byte, func() error, error) {
	data, err := os.ReadFile(path)
	return data, func() error { return nil }, err
}
