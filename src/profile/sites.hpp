/// Where samples were taken, each place once: its call stack, and what has come of the blocks that were
/// allocated there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <cenote/detail/regions.hpp>
#include <cenote/heap_profile.hpp>

#include "profile/chance.hpp"
#include "profile/names.hpp"

namespace cenote::profile {

/// Estimates, as sums of weights.
struct Sum {
  Weight blocks = 0;        // in 65,536ths
  std::uint64_t bytes = 0;  // as asked for

  Sum& operator+=(const Sum& other) noexcept {
    blocks += other.blocks;
    bytes += other.bytes;
    return *this;
  }
  Sum& operator-=(const Sum& other) noexcept {
    blocks -= other.blocks;
    bytes -= other.bytes;
    return *this;
  }
  Amount amount() const noexcept { return {(blocks + kOne / 2) / kOne, bytes}; }
};

/// What one sample of a block of `size` bytes stands for. Fits: the weight of a block is about rate / size.
constexpr Sum sum_of(std::uint64_t size, Weight weight) noexcept {
  return {weight, (size * weight + kOne / 2) / kOne};
}

struct Figures {
  Sum allocated{}, live{}, peak{};
  std::uint64_t lifetime_ms = 0;  // of the freed blocks together
};

/// In place of the outermost frame of a stack that was too deep to be kept whole. No code has this address.
inline constexpr std::uintptr_t kCutHere = ~std::uintptr_t{0};

/// What tells one site from another.
struct Place {
  const Name* pool = nullptr;
  const Name* tag = nullptr;  // null: none
  const Name* thread = nullptr;
  std::span<const std::uintptr_t> frames{};  // innermost first
};

struct Site {
  Site* next;         // in its bucket
  const Site* older;  // the one that came before it
  std::uint64_t hash;
  Place place;  // immutable, like the frames it refers to
  Figures figures;
};

/// Threads     one at a time: its owner's lock; `place` of a site that was found may be read without.
class Sites {
 public:
  static constexpr std::size_t kMost = 65'536;

  constexpr Sites() noexcept = default;

  /// The site of that place; null when there are too many, or no memory. O(frames).
  Site* find(const Place& place, os::PermanentMemory& memory) noexcept;

  /// The one that came last; the others by `older`.
  Site* newest() const noexcept { return newest_; }
  std::size_t count() const noexcept { return count_; }

 private:
  Site* add(const Place& place, std::uint64_t hash, os::PermanentMemory& memory) noexcept;

  std::array<Site*, 4096> buckets_{};
  Site* newest_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace cenote::profile
