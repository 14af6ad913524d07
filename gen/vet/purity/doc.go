// Package purity defines an Analyzer that lets only Observe change the mechanism.
//
// # Analyzer purity
//
// purity: Propose, Accept and Prune change nothing
//
// Propose and Accept are also asked of mechanisms that are not in charge, and asked again when a run resumes; a mechanism
// that learns there has learnt things that did not happen. Neither they nor any function they call may write to the
// mechanism, the view or anything these point to. What is written is followed through local variables, fields, elements,
// helper functions and function literals.
package purity
