package bad

import (
	"context"
	"errors"
	"strings"
)

func f(ctx context.Context, x any) {
	_ = ctx.(interface{ Done() <-chan struct{} }) // want `type assertion to interface.*: an interface that is not of this file is not allowed`
	_, _ = x.(*strings.Builder)                   // want `type assertion to \*strings.Builder: a type of package strings is not allowed`
	err, _ := x.(failure)
	var timeout interface{ Timeout() bool }
	_ = errors.As(err, &timeout)                  // want `type assertion to interface{Timeout\(\) bool}`
	_, _ = errors.AsType[interface{ error }](err) // want `type assertion to interface{error}`
	switch x.(type) {
	case error: // want `type assertion to error`
	case strings.Reader: // want `type assertion to strings.Reader`
	}
}

type failure interface{ error }
