package bad

func f(c chan int) { // want `channels are not allowed: use a slice`
	go f(c)       // want `go statements are not allowed`
	c <- 1        // want `sending on a channel`
	<-c           // want `receiving from a channel`
	for range c { // want `a loop over a channel`
	}
	select {} // want `select is not allowed`
}

func g() {
	defer func() { _ = recover() }() // want `recover is not allowed: a panic is reported`
again:
	goto again // want `goto is not allowed`
}
