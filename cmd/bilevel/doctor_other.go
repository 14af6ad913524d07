//go:build !linux

package main

import (
	"context"
	"runtime"
)

func checkLandlock(context.Context) check {
	return check{"Landlock", lesser, "no: " + runtime.GOOS + " has none", "runners are held by what is vetted and by the other walls"}
}

func checkSeccomp(context.Context) check {
	return check{"seccomp", lesser, "no: " + runtime.GOOS + " has none", "runners are held by what is vetted and by the other walls"}
}

func freeSpace(string) (int64, bool) { return 0, false }
