package bad

import (
	"strconv"
)

var count int // want `package variable count is not allowed, since it is not stored`

var table = map[string]int{"a": 1} // want `package variable table`

var _ = compute() // want `package variable _ is not allowed`

func compute() int { return 1 }

func init() { count++ } // want `func init is not allowed: let New set up`

func assembly() // want `func assembly has no body`

func change() *error {
	strconv.ErrRange = nil    // want `strconv.ErrRange is a variable of another package`
	return &strconv.ErrSyntax // want `strconv.ErrSyntax is a variable of another package`
}

func read() error { return strconv.ErrRange }
