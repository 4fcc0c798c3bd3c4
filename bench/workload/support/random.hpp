#pragma once

#include <cstdint>

namespace cenote {

/// The workloads' only source of chance: the same seed gives the same traffic on every machine.
///
/// Source      Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64), OOPSLA
///             2014.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// A number in [0, bound).
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  /// A number in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + below(high - low + 1);
  }

  bool chance(unsigned percent) noexcept { return below(100) < percent; }

  /// A size of 1 to `max` bytes whose logarithm is evenly spread: many small ones, few large ones.
  std::uint64_t skewed_size(std::uint64_t max) noexcept {
    std::uint64_t scale = 1;
    while (scale < max && chance(70)) scale *= 2;
    return 1 + below(scale < 16 ? 16 : (scale < max ? scale : max));
  }

 private:
  std::uint64_t state_;
};

}  // namespace cenote
