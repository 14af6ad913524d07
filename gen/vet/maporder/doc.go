// Package maporder defines an Analyzer that keeps the order of a map out of results.
//
// # Analyzer maporder
//
// maporder: a loop over a map must not depend on its order
//
// Go visits a map in a different order every time, so a result that depends on it is not repeatable: the same run would
// end differently after a restart. Collect the keys, sort them, and loop over the sorted keys.
package maporder
