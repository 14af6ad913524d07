// Package command trains by running a program of the user's own, which a YAML file describes: how each parameter reaches the
// program, where its result is read, and what its failures look like.
//
// The file is checked as a whole; every fault in it is told with its line. The folder that the program runs in is copied once
// into the cache, under the hash of its content, and from there once more for every trial: what the user edits during a run
// does not reach the run, and what a trial writes does not reach the next one.
//
// What the program prints is untrusted. It is read line by line in bounded memory, and only single cleaned lines of it get
// into a reason.
package command
