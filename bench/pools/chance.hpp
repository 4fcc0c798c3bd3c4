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

/// Different numbers without an order, and never the same twice: a processor learns the branches of a map
/// that it is shown again.
///
/// Source      Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64), OOPSLA
///             2014.
class Keys {
 public:
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0;
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
