// Package cpu trains a gpt.Model on the processor's cores.
//
// A micro-batch is cut into shards of whole sequences, at most eight and never fewer for fewer threads. A worker takes a shard from a
// queue and runs the model's whole forward and backward pass on it, so that activations stay in its cache and cores
// meet twice a micro-batch instead of at every matrix product; a large shard goes through in passes of a few hundred tokens. Each shard
// has its own gradients of the matrices and the head; the
// update sums them in the order of the shards. Gradients of embeddings are written per token and then added to the
// tables in token order, cut by columns. So results are the same bits for any number of threads.
//
// Arithmetic comes from mat and vec in one arith.Mode, which is part of Backend.Numerics.
package cpu
