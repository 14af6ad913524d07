// Instructions of a warpgroup. They are kept until they are waited for, and then done for all 128 threads by the last that waits: from
// shared memory and registers as they are then, and by the descriptors that a device would read. So whoever changes an operand too early, or
// reads a sum too early, sees it. Before they are done everybody else goes as far as he can: so late may a device be.
#include "fibres.h"

namespace emulator {

struct Group { unsigned arrived, generation, registers; };
static Group groups[MOST / 128];
static Gathering gatherings[MOST / 128];

// Registers a thread has at first: all of a multiprocessor's 65536 over the threads, in steps of 8.
static unsigned fair() { return 65536 / threads / 8 * 8; }

void begin_groups() {
  for (Group &g : groups) g.arrived = 0, g.registers = fair();
  for (Gathering &g : gatherings) g = {128, 0, 0};
}

void group_synchronize() { gatherings[self / 128].arrive(); }

// The registers that warpgroups have after all have changed theirs can be no more than at first, or the last one waits for ever.
void set_registers(int n, bool more) {
  Group &g = groups[self / 128];
  if (n % 8 || n < 24 || n > 256) fail("a warpgroup sets its registers to what is not a multiple of 8 from 24 to 256");
  if (threads % 128) fail("registers are set in a block that is not of whole warpgroups");
  if (g.registers != (unsigned)n && more != ((unsigned)n > g.registers)) fail("a warpgroup gives registers that it lacks, or takes what it has");
  g.registers = n;
  unsigned all = 0, mine = threads / 128;  // of a block
  bool every = true;
  for (unsigned i = self / threads * mine, end = i + mine; i < end; i++) all += groups[i].registers, every &= groups[i].registers != fair();
  if (every && all > mine * fair()) fail("warpgroups take more registers than others give");
}

void group_multiply(float *d, int columns, const u32 *registers, u64 a, u64 b, bool a_contiguous, bool b_contiguous, bool add) {
  Fibre &f = fibres[self];
  if (!f.fenced) fail("a warpgroup multiplies without group_begin() since its registers were free");
  if (f.products == PRODUCTS) fail("a warpgroup has more instructions under way than the emulator keeps");
  f.product[f.products++] = {d, registers, a, b, columns, a_contiguous, b_contiguous, add, f.batch};
}

void group_begin() { fibres[self].fenced = true; }
void group_commit() { fibres[self].batch++; }

// Eight neighbours along the contiguous direction, from a row of M or N and a depth of an operand on, as its descriptor says. The
// swizzle exchanges chunks of 16 bytes by the address bits of the row.
static const bf16 *chunk(u64 descriptor, bool contiguous, int row, int k) {
  u32 at = (descriptor & 0x3fff) << 4, leading = (descriptor >> 16 & 0x3fff) << 4, stride = (descriptor >> 32 & 0x3fff) << 4;
  if (descriptor >> 62 != 1) fail("a descriptor is not of the swizzle of 128 bytes, the only one emulated");
  at += contiguous ? row / 8 * stride + row % 8 * 128 + 2 * k : row / 64 * leading + row % 64 * 2 + k / 8 * stride + k % 8 * 128;
  at ^= (at >> 7 & 7) << 4;
  if (at + 16 > launch->shared) fail("a descriptor leads beyond shared memory");
  return (const bf16 *)(own().async + at);
}

// Spreads an operand of 16 deep over to[k][row].
template <int ROWS> static void gather(float to[16][ROWS], int rows, u64 descriptor, bool contiguous) {
  for (int r = 0; r < rows; r += contiguous ? 1 : 8)
    for (int k = 0; k < 16; k += contiguous ? 8 : 1) {
      const bf16 *from = chunk(descriptor, contiguous, r, k);
      for (int i = 0; i < 8; i++) (contiguous ? to[k + i][r] : to[k][r + i]) = decode(from[i]);
    }
}

static float a[16][64], b[16][256], d[64][256];  // operands of an instruction and the sums

// Columns of b behind which all are zero: there are many where a matrix is smaller than the tile. A finite operand times them adds nothing.
static int used(int columns) {
  int last = 0;
  for (int k = 0; k < 16; k++)
    for (int c = columns - 1; c >= last; c--)
      if (b[k][c] != 0.f) {
        last = c + 1;
        break;
      }
  return last;
}

__attribute__((optimize("O3"), target_clones("avx2", "default"))) static void multiply(int columns) {
  for (int r = 0; cut && r < 64; r++)
    for (int c = 0; c < columns; c++) d[r][c] = cut_sum(d[r][c], &a[0][r], 64, &b[0][c], 256);
  for (int r = 0; !cut && r < 64; r++)
    for (int k = 0; k < 16; k++) {
      float x = a[k][r];
      if (x == 0.f) continue;
      for (int c = 0; c < columns; c++) d[r][c] += x * b[k][c];
    }
}

// Does instruction i of the warpgroup whose first thread is `first`. The sums stay in d from one to the next that adds to them.
static void perform(unsigned first, unsigned i, bool fetch, bool bring) {
  const Product &p = fibres[first].product[i];
  for (unsigned t = 0; t < 128; t++) {
    const Product &q = fibres[first + t].product[i];
    if (q.a != p.a || q.b != p.b || q.columns != p.columns || q.add != p.add || !q.registers != !p.registers) fail("threads of a warpgroup give different instructions");
    int row = t / 32 * 16 + t % 32 / 4, k = t % 4 * 2;
    for (int j = 0; q.registers && j < 4; j++) {
      a[k + j / 2 * 8][row + j % 2 * 8] = decode(q.registers[j] & 0xffff);
      a[k + j / 2 * 8 + 1][row + j % 2 * 8] = decode(q.registers[j] >> 16);
    }
    for (int j = 0; fetch && j < p.columns / 2; j++) d[row + j / 2 % 2 * 8][j / 4 * 8 + k + j % 2] = p.add ? q.d[j] : 0.f;
  }
  if (!p.registers) gather<64>(a, 64, p.a, p.a_contiguous);
  gather<256>(b, p.columns, p.b, p.b_contiguous);
  bool finite = true;  // then zeros add nothing
  for (int k = 0; k < 16; k++) {
    for (int c = 0; c < p.columns; c++) finite &= fabsf(b[k][c]) < INFINITY;
    for (int r = 0; r < 64; r++) finite &= fabsf(a[k][r]) < INFINITY;
  }
  if (finite) multiply(used(p.columns));
  else
    for (int r = 0; r < 64; r++)
      for (int c = 0; c < p.columns; c++)
        for (int k = 0; k < 16; k++) d[r][c] += a[k][r] * b[k][c];
  for (unsigned t = 0; bring && t < 128; t++)
    for (int j = 0; j < p.columns / 2; j++)
      fibres[first + t].product[i].d[j] = d[t / 32 * 16 + t % 32 / 4 + j / 2 % 2 * 8][j / 4 * 8 + t % 4 * 2 + j % 2];
}

void group_wait(int pending) {
  fibres[self].fenced = false;
  Group &g = groups[self / 128];
  unsigned first = self / 128 * 128;
  if (threads % 128 && first % threads + 128 > threads) fail("a warpgroup has fewer than 128 threads");
  if (++g.arrived < 128) return wait(&g.generation);
  wait_for_others();
  unsigned done = 0, batch = fibres[first].batch, all = fibres[first].products;
  auto over = [&](unsigned i) { return i < all && fibres[first].product[i].batch + pending < batch; };
  for (; over(done); done++) {
    const Product *p = fibres[first].product;
    auto follows = [&](unsigned i) { return p[i].d == p[i - 1].d && p[i].add; };  // in every thread, or threads differ in more
    perform(first, done, done == 0 || !follows(done), !over(done + 1) || !follows(done + 1));
  }
  for (unsigned t = 0; t < 128; t++) {
    Fibre &f = fibres[first + t];
    if (f.products != all || f.batch != batch) fail("threads of a warpgroup have given different instructions");
    memmove(f.product, f.product + done, (all - done) * sizeof(Product));
    f.products -= done;
  }
  g.arrived = 0;
  g.generation++;
}

}  // namespace emulator
