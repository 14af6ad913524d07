// matrix.cu for Hopper: the same products and epilogues by wgmma. All strides, and N, are multiples of 8.
//
// store and relu2 leave by bulk copies (hopper_store.h), and are read and written while the next tile is multiplied. The others do not:
// add, relu2_backward and blend read a tile of aux, which a lane gets 16 bytes at a time only in the arrangement of by_eights, and then its
// exchanges are paid for; partial and accumulate sum 16 thousand tokens and more, of whose 256 stages the exchanges are one or two.
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

template <Epilogue E, bool A, bool B> DEVICE void matrix(const TensorMap *maps, const HopperMatrixArguments &a) {
  product<A, B>(maps, Tiles{a.m.M, a.m.N, a.m.K, a.m.part, a.count}, [&](const Place &p, int row0, const float (&d)[BN / 2]) INLINE {
    int row = p.m0 + row0;
    if constexpr (E == STORE) return store_tile(maps + 2, row, p.n0, p.z, [&](int i) INLINE { return d[i]; });
    if constexpr (E == RELU2) {
      auto u = [&](int i) INLINE { return d[i] > 0.f ? d[i] : 0.f; };
      store_tile(maps + 3, row, p.n0, p.z, u);
      return store_tile(maps + 2, row, p.n0, p.z, [&](int i) INLINE { return u(i) * u(i); });
    }
    by_eights(d, [&](int r, int c, const Numbers<8> &v) INLINE {
      int column = p.n0 + c;
      if (row + r < a.m.M && column < a.m.N) finish<8>(a.m, E, p.z * a.m.batch_d + (size_t)(row + r) * a.m.stride_d + column, 8, v);
    });
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
