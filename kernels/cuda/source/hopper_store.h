// Tiles of bfloat16 that leave by bulk copies, through shared memory that the ring of stages leaves free.
//
// A warpgroup's 64 x 256 sums go in four boxes of 64 x 64 through two places of 8 KiB: while the copy engine reads one, the other is
// written, and the last two are read while the next tile is multiplied. 16 matrix stores a warp and tile put the sums where the
// copies take them (swizzled, so no two rows meet in a bank); by_eights needs 128 exchanges and 16 stores to global memory a lane for the
// same. Rows and columns beyond the matrix are cut off by the copies. Four stages and four places are 225 of the 227 KiB that a block can have.
#pragma once
#include "hopper_product.h"

const int BOX = 64, BOX_BYTES = BOX * ROW_BYTES, PLACES = 2;  // places of a warpgroup
const int PLACES_AT = STAGES * STAGE_BYTES + GROUP_BYTES;     // behind the barriers

// Writes a warpgroup's numbers, rounded, to a matrix of a batch, from a row and column on. at(i) is what becomes of number i of its sums.
template <class At> DEVICE void store_tile(const TensorMap *map, int row, int column, int matrix, At at) {
  bool leads = threadIdx.x % 128 == 0;
  char *places = dynamic_shared() + PLACES_AT + (int)(threadIdx.x / 128 - 1) * PLACES * BOX_BYTES;
#pragma unroll
  for (int c = 0; c < BN / BOX; c++) {
    char *place = places + c % PLACES * BOX_BYTES, *mine = place + (warp() % 4 * 16 + lane() % 16) * ROW_BYTES;
    if (leads) stores_read<PLACES - 1>();
    group_synchronize();
#pragma unroll
    for (int j = 0; j < BOX / 8; j += 2) {
      int i = 4 * (c * BOX / 8 + j);
      u32 v[4] = {pack(at(i), at(i + 1)), pack(at(i + 2), at(i + 3)), pack(at(i + 4), at(i + 5)), pack(at(i + 6), at(i + 7))};
      store_matrices(v, (bf16 *)(mine + ((j + lane() / 16) ^ lane() % 8) * 16));
    }
    written_for_copies();
    group_synchronize();
    if (leads) {
      store_box(map, column + c * BOX, row, matrix, place);
      stores_commit();
    }
  }
}
