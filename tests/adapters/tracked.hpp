/// Elements that count themselves, and throw when told to.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <stdexcept>

#include <cenote/detail/bits.hpp>

namespace cenote::test {

struct ConstructionFailed : std::runtime_error {
  ConstructionFailed() : runtime_error{"this element was to fail"} {}
};

/// An int whose constructor fails when its turn has come. One thread.
class Tracked {
 public:
  static inline std::size_t live = 0;        // objects there are
  static inline std::size_t fail_after = 0;  // the n-th construction from now on throws; 0: none does

  Tracked(int number = 0) : value{number} { begin(); }  // NOLINT(google-explicit-constructor)
  Tracked(const Tracked& other) : value{other.value} { begin(); }
  Tracked& operator=(const Tracked&) = default;
  ~Tracked() { --live; }

  friend auto operator<=>(const Tracked&, const Tracked&) = default;

  int value;

 private:
  static void begin() {
    if (fail_after != 0 && --fail_after == 0) throw ConstructionFailed{};
    ++live;
  }
};

/// Wants more alignment than malloc gives, and knows whether it got it.
struct alignas(128) Wide {
  int value = 0;

  bool placed_well() const { return is_aligned(this, alignof(Wide)); }
  friend auto operator<=>(const Wide&, const Wide&) = default;
};

}  // namespace cenote::test

template <>
struct std::hash<cenote::test::Tracked> {
  std::size_t operator()(const cenote::test::Tracked& tracked) const noexcept {
    return std::hash<int>{}(tracked.value);
  }
};
