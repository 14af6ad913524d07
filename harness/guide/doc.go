// Package guide carries what a person says to a run, from any process to the one that continues it.
//
// A run's record has one writer, the process that holds its lock, so whoever speaks cannot write into it. What is said is
// put as a file into the run's folder, and the writer takes it in before its next proposal and records it as an event of its own.
// A socket was rejected: it would lose what is said while the run is interrupted, need an answer before a person could be told
// that nothing is lost, and open a port in the process that holds the keys. A second table in the record was rejected
// too: then the record would have two writers, and what a decision followed from would depend on when one of them committed.
//
//	bilevel watch, bilevel guide          bilevel evolve
//	  clean the text                        list the files above the last number on record
//	  write and sync a temporary file       clean the text again: a file is not trusted
//	  link it to guidance/N.json            record guidance N from trial Seq on, in one transaction
//
// A file appears whole or not at all, under a number that nobody else has, and is never changed or removed; the numbers on
// record say which were taken in. So nothing is lost or taken in twice when either process is killed at any instant, and
// what is said to a run that nobody continues waits until somebody does.
package guide
