package good

import (
	"errors"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type ranked interface{ rank() int }

func f(x any, err error) int {
	var c *mechanisms.ConstraintError
	if errors.As(err, &c) {
		return 1
	}
	switch y := x.(type) {
	case int, string:
	case ranked:
		return y.rank()
	case *mechanisms.ConstraintError:
	}
	n, _ := x.(float64)
	return int(n)
}
