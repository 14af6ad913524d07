// A product by clusters of two blocks, as hopper_product.h makes it, over numbers whose sums are exact: several pairs of tiles for one cluster,
// more stages than the ring has, edges in all directions and a row of tiles without its second half. It says what is wrong, in either order
// and both ways of writing a tile.
#include "emulator.h"
#include "hopper_store.h"
#include <cstdio>
#include <vector>

struct Arguments {
  TensorMap maps[3];  // of a by rows, of b across, and of d
  Tiles t;
  bf16 *direct;  // d, where tiles are to leave without copies, and without their barriers
};

SHARING_KERNEL(384, 1) pairs(Arguments a) {
  product<true, false>(a.maps, a.t, [&](const Place &p, int row0, float (&d)[BN / 2]) INLINE {
    if (!a.direct) return store_tile(a.maps + 2, p.m0 + row0, p.n0, 0, [&](int i) INLINE { return d[i]; });
    by_eights(d, [&](int r, int c, const Numbers<8> &v) INLINE {
      int row = p.m0 + row0 + r, column = p.n0 + c;
      if (row < a.t.M && column < a.t.N) v.store(a.direct + (size_t)row * a.t.N + column);
    });
  });
}
EXPORT(pairs)

static bf16 small(int i) { return to_bits((float)(i % 7 - 3)) >> 16; }

static void map(TensorMap &m, std::vector<bf16> &x, int rows, int columns, int box) {
  emulator::Tensor t = {emulator::TENSOR_MADE, (char *)x.data(), (u64)columns, (u64)rows, 1, (u64)columns * 2, (u64)columns * rows * 2, (u64)box};
  memcpy(&m, &t, sizeof t);
}

int main() {
  const int M = 300, N = 264, K = 328;
  std::vector<bf16> a(M * K), b(K * N), d(M * N);
  for (int i = 0; i < M * K; i++) a[i] = small(i * 5 + i / K);
  for (int i = 0; i < K * N; i++) b[i] = small(i * 3 + i / N);
  alignas(64) Arguments arguments = {{}, {M, N, K, 0, 1}, nullptr};
  map(arguments.maps[0], a, M, K, BM);
  map(arguments.maps[1], b, K, N, BK);
  map(arguments.maps[2], d, M, N, BOX);
  for (int run = 0; run < 4; run++) {
    arguments.direct = run / 2 ? d.data() : nullptr;
    d.assign(M * N, 0x7fff);
    emulator::Launch l = {"pairs", {2, 1, 1}, THREADS, PLACES_AT + 2 * PLACES * BOX_BYTES, CLUSTER, &arguments};
    if (const char *wrong = emulator::run(l, run % 2)) return printf("%s\n", wrong), 1;
    for (int i = 0; i < M; i++)
      for (int j = 0; j < N; j++) {
        float sum = 0.f;
        for (int k = 0; k < K; k++) sum += widen(a[i * K + k]) * widen(b[k * N + j]);
        if (d[i * N + j] != narrow(sum)) return printf("number (%d, %d) is %g, want %g\n", i, j, widen(d[i * N + j]), widen(narrow(sum))), 1;
      }
  }
  return printf("right\n"), 0;
}
