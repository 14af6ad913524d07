// The inputs of attention in one pass: the product h*(WQ WK WV)^T, and while its tile is in shared memory, norm, rotation and
// value embeddings of every head in it. See qkv.cu for the formulas; there they are a pass of their own, for head sizes that do
// not divide a tile.
//
// h: bf16, tokens x C. w: bf16, 3C x C, the three matrices behind one another. x: bf16, tokens x 3C. r, g: float, tokens x NH.
// cos, sin: float, T x HS/2. values: float, V x C. gate: float, NH x gates.
// HS divides 128 and is a multiple of 4, so a tile of 128 columns holds whole heads, each of queries, keys or values. A warp finishes
// one head of one row at a time.
// FLOPs 6C^2 a token; bytes 8C, where the pass of its own would read and write another 12C. Floor: the tensor cores' rate.
// In a step of README.md: floor 7.184 ms on an H100, 6.668 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "product.h"
#include "qkv_finish.h"

KERNEL(256) qkv_product(QKVProductArguments a) {
  using T = Tile<128, 128, 64, 32, true, true, 8>;
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.h, a.C, a.tokens}, Operand{a.w, a.C, 3 * a.C}, m0, n0, 0, a.C);
  finish_heads<T::BM, T::BN, T::ROW, T::THREADS>(a, spread<T>(s, dynamic_shared()), m0, n0);
}
EXPORT(qkv_product)
