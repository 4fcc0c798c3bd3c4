#include "engine/caches/headroom.hpp"

#include <atomic>

#include "os/memory_limit.hpp"

namespace cenote::headroom {
namespace {

// So little is dirty that giving it back is not worth the calls; so little is held that no limit is near. A program that starts must not
// read files.
constexpr std::size_t kDirtyMin = std::size_t{1} << 20, kHeldMin = std::size_t{16} << 20;

constinit std::atomic<std::size_t> g_limit{0};  // 0: not asked yet; SIZE_MAX: the system does not say

std::size_t limit() noexcept {
  std::size_t bytes = g_limit.load(std::memory_order_relaxed);
  if (bytes == 0) [[unlikely]] {
    bytes = os::memory_limit();
    if (bytes == 0) bytes = SIZE_MAX;
    g_limit.store(bytes, std::memory_order_relaxed);
  }
  return bytes;
}

}  // namespace

bool is_scarce(std::size_t held, std::size_t dirty) noexcept {
  if (dirty < kDirtyMin || held + dirty < kHeldMin) return false;
  const std::size_t most = limit();
  return held + dirty > most - most / 8;
}

void assume_limit(std::size_t bytes) noexcept { g_limit.store(bytes, std::memory_order_relaxed); }

}  // namespace cenote::headroom
