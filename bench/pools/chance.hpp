/// The cases' source of chance: cheap, and the same on every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace cenote {

/// A linear congruential generator, of which the upper half is used: two instructions beside the pool's own.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) noexcept : state_{seed} {}

  /// A number in [0, bound).
  std::size_t below(std::size_t bound) noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(((state_ >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

/// In which order the blocks 0, 1, 2, ... are freed.
using Order = std::vector<std::uint32_t>;

inline Order oldest_first(std::size_t count) {
  Order order(count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}
inline Order newest_first(std::size_t count) {
  Order order = oldest_first(count);
  std::reverse(order.begin(), order.end());
  return order;
}
inline Order shuffled(std::size_t count) {
  Order order = oldest_first(count);
  std::shuffle(order.begin(), order.end(), std::mt19937{1});
  return order;
}

}  // namespace cenote
