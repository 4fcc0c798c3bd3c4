/// How many units something has happened to within the last three periods.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/geometry.hpp>

namespace cenote {

/// Threads     note, sum: any; next_period: one at a time.
class RecentUnits {
 public:
  void note(Units units) noexcept { now_.fetch_add(units.count, std::memory_order_relaxed); }
  void next_period() noexcept {
    before_last_.store(last_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    last_.store(now_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  }
  Units sum() const noexcept {
    return {now_.load(std::memory_order_relaxed) + last_.load(std::memory_order_relaxed) +
            before_last_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint32_t> now_{0};
  std::atomic<std::uint32_t> last_{0};
  std::atomic<std::uint32_t> before_last_{0};
};

}  // namespace cenote
