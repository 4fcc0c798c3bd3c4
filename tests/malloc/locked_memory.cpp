/// In a program that locks its memory, only what the program uses is resident, and freed memory is returned.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kSkipped = 77;
constexpr std::size_t kMiB = std::size_t{1} << 20;
// Twice what it is with glibc 2.36 (2,468 kB), and 1 MiB.
constexpr std::size_t kFreed = std::size_t{5960} << 10;
// The scavenger leaves up to 1 MiB dirty, and a thread's cache keeps up to 1 MiB of empty slabs.
constexpr std::size_t kFreedByScavenger = 6 * kMiB;
// In the tier full, blocks wait in the quarantine.
constexpr std::size_t kQuarantine = kMiB;

std::size_t resident_bytes() {
  std::size_t kilobytes = 0;
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "VmRSS: %zu", &kilobytes) == 1) break;
  }
  std::fclose(file);
  return kilobytes == 0 ? SIZE_MAX : kilobytes * 1024;
}

// 200 MB in blocks of all sizes, five times, then a large one of which the C library gives zeros.
void allocate_and_free() {
  static void* blocks[2000];
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < 2000; ++i) {
      blocks[i] = std::malloc(i * 100 + 1);
      std::memset(blocks[i], 1, i * 100 + 1);
    }
    for (void* const block : blocks) std::free(block);
  }
  std::free(std::calloc(1, 50 * kMiB));
}

int expect_less(std::size_t bytes, std::size_t most, const char* when) {
  if (bytes < most) return 0;
  std::fprintf(stderr, "locked_memory: %zu kB resident %s, expected less than %zu\n", bytes / 1024, when,
               most / 1024);
  return 1;
}

// The scavenger works in periods of 0.1 s.
std::size_t resident_bytes_below(std::size_t most) {
  for (int i = 0; i < 50 && resident_bytes() >= most; ++i) ::usleep(100'000);
  return resident_bytes();
}

}  // namespace

// With the argument "late" the heap is there before the program locks its memory.
int main(int count, char** arguments) {
  const bool late = count > 1 && std::strcmp(arguments[1], "late") == 0;
  if (late) {
    void* volatile block = std::malloc(1);
    std::free(block);
  }
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    std::puts("SKIPPED: this process may not lock its memory");
    return kSkipped;
  }
  void* volatile block = std::malloc(1);
  std::free(block);
  const int unused = expect_less(resident_bytes(), (late ? 12 : 5) * kMiB, "at the start");
  // What was committed before the program locked it stays locked whole: extents and tables.
  const std::size_t locked_before = late ? 22 * kMiB : 0;
  allocate_and_free();
  const char* const options = std::getenv("CENOTE_OPTIONS");
  const bool full = options != nullptr && std::strstr(options, "hardening=full") != nullptr;
  const std::size_t idle_most = locked_before + kFreedByScavenger + (full ? kQuarantine : 0);
  const int idle = expect_less(resident_bytes_below(idle_most), idle_most, "when the scavenger has run");
  malloc_trim(0);
  return unused + idle + expect_less(resident_bytes(), locked_before + kFreed, "after malloc_trim");
}
