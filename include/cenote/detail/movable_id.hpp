/// Which object of a pool: the same wherever it lies, and after its handle has moved.
#pragma once

#include <compare>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// No two objects of a pool have the same, also one after the other: not before 2^32 objects had the same
/// entry.
struct MovableId {
  std::uint32_t entry = ~std::uint32_t{0};
  std::uint32_t life = 0;  ///< objects that had the entry before

  friend constexpr auto operator<=>(const MovableId&, const MovableId&) noexcept = default;
};

}  // namespace cenote
