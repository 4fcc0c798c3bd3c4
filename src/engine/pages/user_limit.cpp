#include "engine/pages/user_limit.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <cenote/detail/system.hpp>

namespace cenote::user_limit {
namespace {

// Above, speed matters more: a mapping for each large block, and fresh extents, cost system calls and page
// faults.
constexpr auto kTightMax =
    static_cast<std::size_t>(std::min<std::uint64_t>(std::uint64_t{4} << 30, SIZE_MAX));

enum class Tightness : std::uint8_t { unknown, loose, tight };
constinit std::atomic<Tightness> g_tightness{Tightness::unknown};

}  // namespace

std::size_t look() noexcept {
  const std::size_t limit = os::user_memory_limit();
  const bool tight = limit != SIZE_MAX && limit <= kTightMax;
  g_tightness.store(tight ? Tightness::tight : Tightness::loose, std::memory_order_relaxed);
  return limit;
}

bool is_tight() noexcept {
  if (g_tightness.load(std::memory_order_relaxed) == Tightness::unknown) [[unlikely]]
    look();
  return g_tightness.load(std::memory_order_relaxed) == Tightness::tight;
}

}  // namespace cenote::user_limit
