package bad

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func f(ctx context.Context) {
	_ = rand.IntN(3)                       // want `rand.IntN is not allowed: draw from v.Rand`
	_ = rand.New(rand.NewPCG(1, 2))        // want `rand.New is not allowed` `rand.NewPCG is not allowed`
	fmt.Println("x")                       // want `fmt.Println is not allowed: there is nothing to print to`
	_, _ = ctx.Deadline()                  // want `context.Context.Deadline is not allowed`
	_ = context.Background()               // want `context.Background is not allowed: pass on the ctx`
	_ = mechanisms.Stream(1, 2, "x")       // want `mechanisms.Stream is not allowed: randomness comes from v.Rand`
	_, _ = mechanisms.Source.ReadFile("x") // want `mechanisms.Source is not allowed`
	println("x")                           // want `println is not allowed`
	_ = fmt.Sprintf("%p", &ctx)            // want `fmt prints an address` `%p prints an address`
	n, list := 3, []*int{nil}
	_ = fmt.Sprint(&n)                           // want `fmt prints an address for a value of type \*int`
	_ = fmt.Sprintf("%v", list)                  // want `fmt prints an address for a value of type \[\]\*int`
	_ = fmt.Sprint(f)                            // want `fmt prints an address`
	_ = fmt.Errorf("x %v", struct{ X *int }{&n}) // want `fmt prints an address`
	g := fmt.Printf                              // want `fmt.Printf is not allowed`
	_, _ = g("x")
	_, _ = fmt.Sscan("x", &ctx)
	_, _ = fmt.Scanln(&ctx) // want `fmt prints an address` `fmt.Scanln is not allowed`
	var w fmt.State         // want `fmt.State is not allowed`
	_, _ = fmt.Fscan(nil)   // want `fmt.Fscan is not allowed`
	_ = w
}
