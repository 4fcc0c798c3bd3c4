/// GNU's calls about the heap as a whole: trimming, tuning, figures.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <climits>

#include <cenote/heap.hpp>

#include "base/print_error.hpp"
#include "malloc/process_malloc.hpp"

#define CENOTE_EXPORT [[gnu::visibility("default")]]

namespace {

using cenote::Heap;
using cenote::HeapStats;

// Parameters of the GNU C library that programs set: none has a meaning here, and none of them is an error.
constexpr std::array kKnownParameters{M_MXFAST,         M_TRIM_THRESHOLD, M_TOP_PAD,
                                      M_MMAP_THRESHOLD, M_MMAP_MAX,       M_CHECK_ACTION,
                                      M_PERTURB,        M_ARENA_TEST,     M_ARENA_MAX};

int as_int(std::size_t value) noexcept { return static_cast<int>(std::min<std::size_t>(value, INT_MAX)); }

}  // namespace

extern "C" {

CENOTE_EXPORT int malloc_trim(std::size_t) noexcept { return cenote::process_malloc::purge() != 0 ? 1 : 0; }

CENOTE_EXPORT int mallopt(int parameter, int) noexcept {
  return std::find(kKnownParameters.begin(), kKnownParameters.end(), parameter) != kKnownParameters.end() ? 1
                                                                                                          : 0;
}

CENOTE_EXPORT struct mallinfo2 mallinfo2() noexcept {
  const HeapStats stats = Heap::process().stats();
  struct mallinfo2 info {};
  info.arena = stats.bytes_committed;
  info.ordblks = stats.slabs;
  info.hblks = stats.huge_blocks;
  info.uordblks = stats.bytes_held;
  info.fordblks = stats.bytes_dirty + stats.bytes_kept;
  info.keepcost = info.fordblks;
  return info;
}

CENOTE_EXPORT struct mallinfo mallinfo() noexcept {
  const struct mallinfo2 wide = mallinfo2();
  struct mallinfo info {};
  info.arena = as_int(wide.arena);
  info.ordblks = as_int(wide.ordblks);
  info.hblks = as_int(wide.hblks);
  info.uordblks = as_int(wide.uordblks);
  info.fordblks = as_int(wide.fordblks);
  info.keepcost = as_int(wide.keepcost);
  return info;
}

CENOTE_EXPORT void malloc_stats() noexcept {
  const HeapStats stats = Heap::process().stats();
  cenote::print_error_format(
      "cenote: held %zu bytes (%zu slabs, %zu large and %zu huge blocks), %zu thread caches\n"
      "cenote: committed %zu bytes, of these free and dirty %zu; kept mappings %zu bytes\n",
      stats.bytes_held, stats.slabs, stats.large_blocks, stats.huge_blocks, stats.thread_caches,
      stats.bytes_committed, stats.bytes_dirty, stats.bytes_kept);
}

}  // extern "C"

namespace {

[[gnu::destructor]] void at_end_of_process() noexcept {
  if (cenote::process_malloc::verbose()) malloc_stats();
}

}  // namespace
