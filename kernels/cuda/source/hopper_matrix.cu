// matrix.cu for Hopper: the same products and epilogues by wgmma. All strides, and N, are multiples of 8.
//
// store and relu2 leave by bulk copies (hopper_store.h), and are read and written while the next tile is multiplied. The others do not:
// add, relu2_backward and blend read a tile of aux, which a lane gets 16 bytes at a time only in the arrangement of eight(), and then its
// exchanges are paid for. They ask for all of it before a tile's products, in 64 registers a lane: at its end each read would wait for
// the store before it, 16 times the memory's delay beside the 8192 clocks that products of a tile take where K is 512. partial and
// accumulate sum 16 thousand tokens and more, of whose 256 stages the exchanges are one or two.
//
// FLOPs, bytes and floor as in matrix.cu: at the model's shapes the arithmetic is longer than the bytes, but by less than twice where K is 512.
// The assembler leaves the four instructions of a stage back to back.
// In a step of README.md: floor 90.545 ms on an H100, 83.127 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "epilogue.h"
#include "hopper_store.h"

struct HopperMatrixArguments {
  TensorMap maps[4];  // of a and b, and of d and u where they leave by copies
  MatrixArguments m;
  int count, unused;
};

const int EIGHTS = BN / 16;  // that a lane finishes in a tile

// What a lane reads of aux for a tile, as it lies there.
struct Aux { u32x4 eights[EIGHTS]; };

template <Epilogue E, bool A, bool B> DEVICE void matrix(const TensorMap *maps, const HopperMatrixArguments &a) {
  // Place n of a lane. Beyond the matrix it is one at its edge, which is read and not used: branches would make reads wait for each other.
  auto place = [&](const Place &p, int row0, int n) INLINE {
    return p.z * a.m.batch_d + (size_t)minimum(p.m0 + row0 + eight_row(n), a.m.M - 1) * a.m.stride_d + minimum(p.n0 + eight_column(n), a.m.N - 8);
  };
  auto begin = [&](const Place &p, int row0) INLINE {
    Aux x;
#pragma unroll
    for (int n = 0; n < EIGHTS && reads_aux(E); n++) x.eights[n] = *(const u32x4 *)(a.m.aux + place(p, row0, n));
    return x;
  };
  product<A, B>(maps, Tiles{a.m.M, a.m.N, a.m.K, a.m.part, a.count}, begin, [&](const Place &p, int row0, const float (&d)[BN / 2], const Aux &begun) INLINE {
    int row = p.m0 + row0;
    if constexpr (E == STORE) return store_tile(maps + 2, row, p.n0, p.z, [&](int i) INLINE { return d[i]; });
    if constexpr (E == RELU2) {
      auto u = [&](int i) INLINE { return d[i] > 0.f ? d[i] : 0.f; };
      store_tile(maps + 3, row, p.n0, p.z, u);
      return store_tile(maps + 2, row, p.n0, p.z, [&](int i) INLINE { return u(i) * u(i); });
    }
    const int TOGETHER = 4;  // reads of d that are on their way at once
#pragma unroll
    for (int n = 0; n < EIGHTS; n += TOGETHER) {
      Numbers<8> x[TOGETHER];
#pragma unroll
      for (int i = 0; i < TOGETHER; i++)
        x[i] = reads_aux(E) ? Numbers<8>::load((const bf16 *)&begun.eights[n + i]) : beside<8>(a.m, E, place(p, row0, n + i), 8);
#pragma unroll
      for (int i = 0; i < TOGETHER; i++) {
        Numbers<8> v = eight(d, n + i);
        if (row + eight_row(n + i) < a.m.M && p.n0 + eight_column(n + i) < a.m.N) finish<8>(a.m, E, place(p, row0, n + i), 8, v, x[i]);
      }
    }
  });
}

#define HOPPER_MATRIX(name, E, A, B) \
  WITH_TENSOR_MAPS(name) \
  SHARING_KERNEL(384, 1) name(HopperMatrixArguments a) { matrix<E, A, B>(TENSOR_MAPS(name, a), a); } \
  EXPORT(name)

// The pairs of layout and epilogue that a model needs: one kernel each, so that no sum waits for a choice.
HOPPER_MATRIX(hopper_matrix_nt_store, STORE, true, true)
HOPPER_MATRIX(hopper_matrix_nt_add, ADD, true, true)
HOPPER_MATRIX(hopper_matrix_nt_relu2, RELU2, true, true)
HOPPER_MATRIX(hopper_matrix_nt_blend, BLEND, true, true)
HOPPER_MATRIX(hopper_matrix_nn_store, STORE, true, false)
HOPPER_MATRIX(hopper_matrix_nn_relu2_backward, RELU2_BACKWARD, true, false)
HOPPER_MATRIX(hopper_matrix_nn_blend, BLEND, true, false)
HOPPER_MATRIX(hopper_matrix_tn_store, STORE, false, false)
HOPPER_MATRIX(hopper_matrix_tn_accumulate, ACCUMULATE, false, false)
HOPPER_MATRIX(hopper_matrix_tn_partial, PARTIAL, false, false)
