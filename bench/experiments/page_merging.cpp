// Measures the gain and the cost of merging sparse pages. Two pages of one size class whose live blocks lie
// at different offsets could share one page of memory, at two addresses (Powers, Tench, Berger & McGregor,
// "Mesh: Compacting Memory Management for C/C++ Applications", PLDI 2019). One page at two addresses is a
// shared mapping; the bench compares its cost with that of the private memory of heaps. See docs/adr/0024.
//
//     build/release/bench/experiments/page_merging

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMiB = std::size_t{1} << 20;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// --- what it would give ------------------------------------------------------------------------------------

/// Pages of blocks of `block_bytes`, each of which is live with the given chance; those without any are gone
/// already.
std::vector<std::uint64_t> pages_in_use(std::size_t block_bytes, double live, std::mt19937_64& random) {
  std::bernoulli_distribution is_live{live};
  std::vector<std::uint64_t> pages;
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t blocks = 0;
    for (std::size_t block = 0; block < kPage / block_bytes; ++block)
      blocks |= std::uint64_t{is_live(random)} << block;
    if (blocks != 0) pages.push_back(blocks);
  }
  return pages;
}

/// Pages left when each looks at so many others for one that it fits into, as Mesh's search does, again and
/// again.
std::size_t pages_after_merging(std::vector<std::uint64_t> pages, std::mt19937_64& random) {
  constexpr int kLooks = 64;
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      for (int look = 0; look < kLooks; ++look) {
        const std::size_t other = random() % pages.size();
        if (other == i || (pages[other] & pages[i]) != 0) continue;
        pages[other] |= pages[i];
        pages[i] = pages.back();
        pages.pop_back();
        break;
      }
    }
  }
  return pages.size();
}

void report_gain() {
  std::mt19937_64 random{2019};
  std::puts("pages left of those with a live block, after merging");
  std::puts("  block bytes   10 % live   25 % live   50 % live");
  for (const std::size_t block_bytes : {64U, 128U, 256U, 512U, 1024U, 2048U}) {
    std::printf("  %11zu", block_bytes);
    for (const double live : {0.10, 0.25, 0.50}) {
      const std::vector<std::uint64_t> pages = pages_in_use(block_bytes, live, random);
      const std::size_t before = pages.size();
      std::printf("   %7.2f  ",
                  static_cast<double>(pages_after_merging(pages, random)) / static_cast<double>(before));
    }
    std::puts("");
  }
}

// --- what it would cost ------------------------------------------------------------------------------------

struct Mapping {
  std::byte* start;
  int file;
};

Mapping map(std::size_t bytes, bool shared) {
  const int file = shared ? ::memfd_create("page_merging", 0) : -1;
  if (shared && ::ftruncate(file, static_cast<off_t>(bytes)) != 0) std::abort();
  const int kind = shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind, file, 0);
  if (start == MAP_FAILED) std::abort();
  return {static_cast<std::byte*>(start), file};
}

void unmap(const Mapping& mapping, std::size_t bytes) {
  ::munmap(mapping.start, bytes);
  if (mapping.file >= 0) ::close(mapping.file);
}

double touch(const Mapping& mapping, std::size_t bytes) {
  const Clock::time_point start = Clock::now();
  for (std::size_t at = 0; at < bytes; at += kPage) mapping.start[at] = std::byte{1};
  return seconds_since(start);
}

void report_faults() {
  constexpr std::size_t kBytes = 256 * kMiB;
  double ratio_sum = 0;
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    double took[2] = {};
    for (const bool shared : {false, true}) {
      const Mapping mapping = map(kBytes, shared);
      took[shared ? 1 : 0] = touch(mapping, kBytes);
      unmap(mapping, kBytes);
    }
    ratio_sum += took[1] / took[0];
  }
  std::printf("\nfirst touch of 256 MiB, shared over private (mean of %d): %.2f\n", kRounds,
              ratio_sum / kRounds);
}

void report_fork() {
  constexpr std::size_t kBytes = 512 * kMiB;
  std::puts("\nfork of a process with 512 MiB, until the child has memory of its own");
  for (const bool shared : {false, true}) {
    const Mapping mapping = map(kBytes, shared);
    touch(mapping, kBytes);
    const Clock::time_point start = Clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
      // what the parent writes next is seen here: the child has to copy all of it before anybody goes on
      if (shared) {
        const Mapping copy = map(kBytes, true);
        std::memcpy(copy.start, mapping.start, kBytes);
      }
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    std::printf("  %-8s %6.1f ms\n", shared ? "shared" : "private", seconds_since(start) * 1e3);
    unmap(mapping, kBytes);
  }
}

void report_mappings() {
  constexpr std::size_t kBytes = 1024 * kMiB;
  const Mapping mapping = map(kBytes, true);
  std::size_t merged = 0;
  const Clock::time_point start = Clock::now();
  // Every other page is laid over its neighbour: the most mappings there can be.
  for (std::size_t at = kPage; at < kBytes; at += 2 * kPage, ++merged) {
    if (::mmap(mapping.start + at, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, mapping.file,
               static_cast<off_t>(at - kPage)) == MAP_FAILED)
      break;
  }
  std::printf("\npages merged until the kernel refuses one more mapping: %zu (%zu MiB), %.2f us each\n",
              merged, merged * kPage / kMiB, seconds_since(start) * 1e6 / static_cast<double>(merged));
  unmap(mapping, kBytes);
}

}  // namespace

int main() {
  report_gain();
  report_faults();
  report_fork();
  report_mappings();
}
