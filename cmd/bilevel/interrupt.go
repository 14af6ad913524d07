package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible is ctx until the first Ctrl-C or SIGTERM. A second one ends the process at once, as it would without this;
// nothing recorded is lost then either.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
