// Pairs of malloc(16) and free in four patterns, for instruction counts: malloc_pairs <pattern> <pairs>
//
//   pair    one block, allocated and freed at once
//   held    1000 blocks stay; the newest is replaced
//   batch   256 blocks, then all freed in the order of allocation
//   random  256 blocks stay; one chosen by a multiplicative generator is replaced
//
// Each loop is as small as the compiler makes it: what is counted should be malloc's and free's.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { kBytes = 16, kHeld = 1000, kBatch = 256 };

static void run_pair(size_t pairs) {
  for (size_t i = 0; i < pairs; ++i) free(malloc(kBytes));
}

static void run_held(size_t pairs) {
  void* held[kHeld];
  for (size_t i = 0; i < kHeld; ++i) held[i] = malloc(kBytes);
  void* newest = held[kHeld - 1];
  for (size_t i = 0; i < pairs; ++i) {
    free(newest);
    newest = malloc(kBytes);
  }
  held[kHeld - 1] = newest;
  for (size_t i = kHeld; i > 0; --i) free(held[i - 1]);
}

static void run_batch(size_t pairs) {
  void* blocks[kBatch];
  for (size_t done = 0; done < pairs; done += kBatch) {
    for (size_t i = 0; i < kBatch; ++i) blocks[i] = malloc(kBytes);
    for (size_t i = 0; i < kBatch; ++i) free(blocks[i]);
  }
}

static void run_random(size_t pairs) {
  void* blocks[kBatch];
  for (size_t i = 0; i < kBatch; ++i) blocks[i] = malloc(kBytes);
  uint64_t state = 1;
  for (size_t i = 0; i < pairs; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    void** block = &blocks[state >> 56];
    free(*block);
    *block = malloc(kBytes);
  }
  for (size_t i = 0; i < kBatch; ++i) free(blocks[i]);
}

static const struct {
  const char* name;
  void (*run)(size_t pairs);
} kPatterns[] = {{"pair", run_pair}, {"held", run_held}, {"batch", run_batch}, {"random", run_random}};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (size_t i = 0; i < sizeof kPatterns / sizeof kPatterns[0]; ++i) {
    if (strcmp(kPatterns[i].name, argv[1]) != 0) continue;
    kPatterns[i].run(strtoul(argv[2], NULL, 10));
    return 0;
  }
  return 2;
}
