// A cluster of CUDA blocks, mostly of one, on one processor thread: a fibre per CUDA thread, switched by hand (ucontext is ten times
// slower). A fibre runs until it waits at a barrier or a meeting of its warp; then the next one that can run does. When none can, not all
// threads reach the same barrier, and the launch fails.
//
// Shared memory is fresh memory of exactly the size asked for, filled with NaNs; an asynchronous copy destroys
// what it overwrites when it starts and brings its numbers when it is waited for. So a missing wait, a copy that starts too early, an
// unwritten number, and with the address sanitizer an access beyond the end, all show.
#include "fibres.h"
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <sys/mman.h>

extern "C" void bilevel_switch(void **save, void *to);
__asm__(
    ".text\n.globl bilevel_switch\n.hidden bilevel_switch\n.type bilevel_switch, @function\nbilevel_switch:\n"
    " push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp, (%rdi)\n mov %rsi, %rsp\n"
    " pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");

namespace emulator {

Index thread, block, block_size, grid_size;
Kernel *Kernel::all;
Fibre fibres[MOST];
unsigned self, count, threads;
Block blocks[MOST_BLOCKS];
const Launch *launch;

struct Warp {
  unsigned arrived, alive, lanes, generation;
  Meeting meeting;
  Exchange exchange[32];
};

static char *stacks;
static Warp warps[MOST / 32];
static Gathering everyone;  // of the cluster
static unsigned patient, turn;  // fibres that wait until no other can run, and a counter for them
static bool reverse_order;
static void *outside;  // stack of the launcher
static const char *error;
static const Kernel *kernel;
alignas(64) static char argument[4096];  // of the kernel, which PTX limits to so many bytes

static bool runnable(const Fibre &f) { return !f.done && (!f.waits || *f.waits != f.while_); }

static void leave() {
  void *nothing;
  bilevel_switch(&nothing, outside);
}

void fail(const char *what) {
  error = what;
  leave();
}

// The fibre after i in a run of n that begins at `first`, in the order of this launch.
static unsigned after(unsigned i, unsigned first, unsigned n) {
  if (reverse_order) return i == first ? first + n - 1 : i - 1;
  return i + 1 == first + n ? first : i + 1;
}

// The next fibre of such a run that can run, or `count`.
static unsigned next(unsigned from, unsigned first, unsigned n) {
  for (unsigned k = 0, i = from; k < n; k++)
    if (runnable(fibres[i = after(i, first, n)])) return i;
  return count;
}

static void become(unsigned i) {
  self = i;
  thread.x = i % threads;
  block = own().index;
}

// Switches to the next fibre that can run, of the same warp where there is one: so one warp runs as far ahead of the others as
// barriers allow, and what a missing barrier lets it destroy shows. When nobody can run, the launch is over or stuck.
static void yield() {
  unsigned from = self, first = from / 32 * 32, i = next(from, first, count - first < 32 ? count - first : 32);
  if (i == count) i = next(from, 0, count);
  if (i == count && patient) {
    patient = 0;
    turn++;
    i = next(from, 0, count);
  }
  if (i == count) {
    if (everyone.alive > 0) error = "threads wait for what none of them will do: a barrier that not all reach, or a phase that nobody ends";
    return leave();
  }
  fibres[i].waits = nullptr;
  if (i == from) return;
  become(i);
  bilevel_switch(&fibres[from].sp, fibres[i].sp);
}

void wait(const unsigned *counter) {
  fibres[self].waits = counter;
  fibres[self].while_ = *counter;
  yield();
}

void wait_for_others() {
  patient++;
  wait(&turn);
}

void Gathering::arrive() {
  if (++arrived < alive) return wait(&generation);
  arrived = 0;
  generation++;
}

void Gathering::leave() {
  if (--alive == 0 || arrived < alive) return;
  arrived = 0;
  generation++;
}

void synchronize() { own().threads.arrive(); }
void synchronize_cluster() { everyone.arrive(); }
int rank() { return self / threads; }

Exchange &mine() { return warps[self >> 5].exchange[self & 31]; }

static void shuffle(Warp &w) {
  float v[32];
  for (int l = 0; l < 32; l++) v[l] = w.exchange[(l ^ w.exchange[l].shuffle.lanes) & 31].shuffle.value;
  for (int l = 0; l < 32; l++) w.exchange[l].shuffle.value = v[l];
}

static void load(Warp &w, bool transposed) {
  bf16 m[4][8][8];
  for (int l = 0; l < 32; l++) {
    if ((size_t)w.exchange[l].load.row & 15) return fail("a row of load_matrices is not on a boundary of 16 bytes");
    memcpy(m[l / 8][l % 8], w.exchange[l].load.row, 16);
  }
  for (int l = 0; l < 32; l++)
    for (int i = 0; i < 4; i++) {
      int r = l / 4, c = l % 4 * 2;
      u32 first = transposed ? m[i][c][r] : m[i][r][c], second = transposed ? m[i][c + 1][r] : m[i][r][c + 1];
      w.exchange[l].load.r[i] = first | second << 16;
    }
}

static void store(Warp &w) {
  for (int l = 0; l < 32; l++)
    if ((size_t)w.exchange[l].store.row & 15) return fail("a row of store_matrices is not on a boundary of 16 bytes");
  for (int l = 0; l < 32; l++)
    for (int i = 0; i < 4; i++) memcpy((char *)w.exchange[8 * i + l / 4].store.row + l % 4 * 4, &w.exchange[l].store.r[i], 4);
}

bool cut = getenv("BILEVEL_EMULATOR_SUMS") && !strcmp(getenv("BILEVEL_EMULATOR_SUMS"), "cut");

float cut_sum(float d, const float *a, int step_a, const float *b, int step_b) {
  double terms[17] = {d}, largest = fabs(d), sum = 0;
  for (int k = 0; k < 16; k++) {
    terms[k + 1] = (double)a[k * step_a] * b[k * step_b];
    largest = fmax(largest, fabs(terms[k + 1]));
    sum += terms[k + 1];
  }
  if (largest == 0 || !(fabs(sum + d) < INFINITY)) return (float)(sum + d);
  double unit = ldexp(1., ilogb(largest) - 23);
  sum = 0;
  for (double t : terms) sum += trunc(t / unit);
  float f = (float)(sum * unit);
  return fabs((double)f) > fabs(sum * unit) ? nextafterf(f, 0.f) : f;
}

// Products are exact in float; the device adds them in an order of its own, so the emulator's is one of several right ones.
__attribute__((optimize("O3"))) static void multiply(Warp &w) {
  // Much of a small matrix's tile is padding. A finite operand times zeros adds nothing.
  u32 some_a = 0, some_b = 0;
  for (int l = 0; l < 32; l++) {
    const auto &m = w.exchange[l].multiply;
    some_a |= m.a[0] | m.a[1] | m.a[2] | m.a[3];
    some_b |= m.b[0] | m.b[1];
  }
  if (!some_a && !some_b) return;
  float a[16][16], b[16][8], d[16][8];  // b by rows, so that the inner loop runs along columns
  for (int l = 0; l < 32; l++) {
    const auto &m = w.exchange[l].multiply;
    int r = l / 4, c = l % 4 * 2;
    for (int i = 0; i < 4; i++) {
      a[r + i % 2 * 8][c + i / 2 * 8] = decode(m.a[i] & 0xffff);
      a[r + i % 2 * 8][c + i / 2 * 8 + 1] = decode(m.a[i] >> 16);
      d[r + i / 2 * 8][c + i % 2] = m.d[i];
    }
    for (int i = 0; i < 2; i++) {
      b[c + i * 8][r] = decode(m.b[i] & 0xffff);
      b[c + i * 8 + 1][r] = decode(m.b[i] >> 16);
    }
  }
  for (int i = 0; cut && i < 16; i++)
    for (int j = 0; j < 8; j++) d[i][j] = cut_sum(d[i][j], a[i], 1, &b[0][j], 8);
  for (int i = 0; !cut && i < 16; i++)
    for (int k = 0; k < 16; k++)
      for (int j = 0; j < 8; j++) d[i][j] += a[i][k] * b[k][j];
  for (int l = 0; l < 32; l++)
    for (int i = 0; i < 4; i++) w.exchange[l].multiply.d[i] = d[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
}

static void perform(Warp &w) {
  switch (w.meeting) {
    case SYNC: return;
    case SHUFFLE: return shuffle(w);
    case LOAD: return load(w, false);
    case LOAD_TRANSPOSED: return load(w, true);
    case STORE_ROWS: return store(w);
    case MULTIPLY: return multiply(w);
  }
}

void meet(Meeting m) {
  Warp &w = warps[self >> 5];
  if (m != SYNC && w.alive != 32) fail("a warp meets with lanes that have left or never were");
  if (w.arrived == 0) w.meeting = m;
  if (w.meeting != m) fail("lanes of one warp meet for different operations");
  if (++w.arrived == w.alive) {
    perform(w);
    w.arrived = 0;
    w.generation++;
    return;
  }
  wait(&w.generation);
}

void copy_async(void *to, const void *from, int size, int valid) {
  Fibre &f = fibres[self];
  if (f.copies == COPIES) fail("a thread has more asynchronous copies under way than the emulator keeps");
  if ((size_t)to % size || (valid && (size_t)from % size)) fail("an asynchronous copy is not aligned to its size");
  if (valid < 0 || valid > size) fail("an asynchronous copy has a valid part beyond its size");
  memset(to, 0xff, size);  // a copy may arrive at any time from now on, so what was there is gone
  f.copy[f.copies++] = {to, from, size, valid, f.group};
}

void copy_commit() { fibres[self].group++; }

void copy_wait(int pending) {
  Fibre &f = fibres[self];
  unsigned kept = 0;
  for (unsigned i = 0; i < f.copies; i++) {
    Copy &c = f.copy[i];
    if (c.group + pending >= f.group) {
      f.copy[kept++] = c;
      continue;
    }
    memcpy(c.to, c.from, c.valid);
    memset((char *)c.to + c.valid, 0, c.size - c.valid);
  }
  f.copies = kept;
}

char *dynamic_shared() { return own().shared; }

static void body() {
  kernel->call(kernel->function, argument);
  if (fibres[self].stores) fail("a thread leaves before its stores have read what they store");
  fibres[self].done = true;
  Warp &w = warps[self >> 5];
  w.alive--;
  own().threads.leave();
  everyone.leave();
  if (own().threads.alive == 0)
    if (const char *wrong = barriers_left()) fail(wrong);
  if (w.alive && w.arrived == w.alive) {
    if (w.meeting != SYNC) fail("a lane leaves while its warp meets");
    w.arrived = 0;
    w.generation++;
  }
  yield();
  abort();
}

static const char *run_cluster() {
  everyone = {count, 0, 0};
  patient = 0;
  error = nullptr;
  begin_groups();
  begin_barriers();
  for (unsigned i = 0; i < (count + 31) / 32; i++) {
    warps[i].lanes = warps[i].alive = count - i * 32 < 32 ? count - i * 32 : 32;
    warps[i].arrived = 0;
  }
  for (unsigned i = 0; i < count; i++) {
    Fibre &f = fibres[i];
    f.done = false;
    f.waits = nullptr;
    f.group = f.copies = f.batch = f.products = f.store_group = f.stores = 0;
    f.fenced = false;
    void **sp = (void **)(stacks + STACK * (i + 1) - 64);
    *--sp = nullptr;
    *--sp = (void *)body;
    for (int k = 0; k < 6; k++) *--sp = nullptr;
    f.sp = sp;
  }
  for (unsigned i = 0; i < count / threads; i++) {
    memset(blocks[i].shared, 0xff, launch->shared);
    memset(blocks[i].async, 0xff, launch->shared);
  }
  become(reverse_order ? count - 1 : 0);
  bilevel_switch(&outside, fibres[self].sp);
  return error;
}

static Kernel *find(const char *name) {
  for (Kernel *k = Kernel::all; k; k = k->next)
    if (!strcmp(k->name, name)) return k;
  return nullptr;
}

int parameters(const char *name) {
  Kernel *k = find(name);
  return k ? k->parameters : -1;
}

const char *run(const Launch &l, bool reverse) {
  kernel = find(l.kernel);
  if (!kernel) return "no such kernel";
  if (!stacks) stacks = (char *)mmap(nullptr, STACK * MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  launch = &l;
  memcpy(argument, l.argument, kernel->parameters);
  reverse_order = reverse;
  block_size = {l.block, 1, 1};
  grid_size = {l.grid[0], l.grid[1], l.grid[2]};
  threads = l.block;
  count = threads * l.cluster;
  if (l.cluster > MOST_BLOCKS || count > MOST) return "a cluster has more blocks or threads than the emulator has fibres for";
  if (l.cluster > 1 && threads % 128) return "the emulator has clusters only of blocks of whole warpgroups";
  for (unsigned i = 0; i < l.cluster; i++)
    for (char **view : {&blocks[i].shared, &blocks[i].async})
      if (posix_memalign((void **)view, 1024, l.shared ? l.shared : 1)) return "no memory for shared memory";
  unsigned across = l.grid[0] / l.cluster, n = across * l.grid[1] * l.grid[2];
  const char *wrong = nullptr;
  for (unsigned i = 0; i < n && !wrong; i++) {
    unsigned at = reverse ? n - 1 - i : i;
    for (unsigned b = 0; b < l.cluster; b++) {
      blocks[b].index = {at % across * l.cluster + b, at / across % l.grid[1], at / across / l.grid[1]};
      blocks[b].threads = {threads, 0, 0};
    }
    wrong = run_cluster();
  }
  for (unsigned i = 0; i < l.cluster; i++) free(blocks[i].shared), free(blocks[i].async);
  return wrong;
}

}  // namespace emulator
