// A product by clusters of two blocks, as hopper_product.h makes it, over numbers whose sums are exact: several pairs of tiles for one cluster,
// more stages than the ring has, edges in all directions and a row of tiles without its second half. It says what is wrong, in either order.
#include "emulator.h"
#include "hopper_product.h"
#include <cstdio>
#include <vector>

struct Arguments {
  TensorMap maps[2];  // of a by rows and of b across
  Tiles t;
  float *d;
};

SHARING_KERNEL(384, 1) pairs(Arguments a) {
  product<true, false>(a.maps, a.t, [&](const Place &p, int row0, float (&d)[BN / 2]) INLINE {
    by_eights(d, [&](int r, int c, const Numbers<8> &v) INLINE {
      int row = p.m0 + row0 + r, column = p.n0 + c;
      if (row < a.t.M && column < a.t.N) v.store(a.d + (size_t)row * a.t.N + column);
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
  std::vector<bf16> a(M * K), b(K * N);
  std::vector<float> d(M * N);
  for (int i = 0; i < M * K; i++) a[i] = small(i * 5 + i / K);
  for (int i = 0; i < K * N; i++) b[i] = small(i * 3 + i / N);
  alignas(64) Arguments arguments = {{}, {M, N, K, 0, 1}, d.data()};
  map(arguments.maps[0], a, M, K, BM);
  map(arguments.maps[1], b, K, N, BK);
  for (bool reverse : {false, true}) {
    d.assign(M * N, NAN);
    emulator::Launch l = {"pairs", {2, 1, 1}, THREADS, STAGES * STAGE_BYTES + 128, CLUSTER, &arguments};
    if (const char *wrong = emulator::run(l, reverse)) return printf("%s\n", wrong), 1;
    for (int i = 0; i < M; i++)
      for (int j = 0; j < N; j++) {
        float sum = 0.f;
        for (int k = 0; k < K; k++) sum += widen(a[i * K + k]) * widen(b[k * N + j]);
        if (d[i * N + j] != sum) return printf("number (%d, %d) is %g, want %g\n", i, j, d[i * N + j], sum), 1;
      }
  }
  return printf("right\n"), 0;
}
