// Package endings defines an Analyzer that wants the end of every loop to be seen.
//
// # Analyzer endings
//
// endings: every loop ends, and a reader sees why
//
// Loops over a slice, array, map, string, number or function end. A loop with a condition must compare a variable that
// every pass moves towards the bound: i++ against i < n, x /= 2 against x > limit, s = s[1:] against len(s) > 0,
// a, b = b, a%b against b != 0. Anything else (a search that repeats until it is lucky, a loop ended by break alone)
// needs a counter with a bound.
package endings
