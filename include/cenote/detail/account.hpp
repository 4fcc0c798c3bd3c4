/// What one pool, arena or heap holds, in figures that add up:
///
///     live + internal_fragmentation      with the user
///     thread_caches                      cached
///     partial_slabs + empty_slabs + orphans + untouched      free
///     ------------------------------------------------------------
///     committed <= reserved;             metadata lies beside it
///
/// The last line holds for every account but those that borrow: their addresses are in the account that they
/// borrow from.
///
/// Plain data: another process reads the same figures from outside.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/cxx20.hpp>

namespace cenote::stats {

/// Bytes down to `limit`, then counts.
enum class Figure : std::uint8_t {
  live,  ///< bytes of blocks that the user has
  /// bytes that these blocks are larger than what was asked for, as far as that is known
  internal_fragmentation,
  fragmentation_unknown,  ///< bytes of `live` of which nobody knows whether so much was asked for
  thread_caches,          ///< free blocks that only one thread can have, on their way home, or in quarantine
  partial_slabs,          ///< free blocks among used ones; of a fixed pool, all that have been in use
  empty_slabs,            ///< memory free as a whole that still holds pages
  orphans,                ///< free blocks in slabs that no thread owns
  untouched,              ///< mapped, without pages: never used, or given back to the system
  metadata,               ///< tables and headers, beside the blocks
  reserved,               ///< addresses held, metadata's too
  limit,                  ///< set by the user; 0: none
  blocks_in_use,          ///< blocks that the user has
  blocks_capacity,        ///< blocks that there are; 0 where blocks have many sizes
  blocks_peak,            ///< the most in use at a time; 0 where nobody counts
  allocations,            ///< blocks handed out so far; 0 where nobody counts
  deallocations,          ///< likewise taken back
  failures,               ///< calls that got no block
  /// blocks from which internal_fragmentation is estimated; 0: it is counted, or unknown
  fragmentation_samples,
};
inline constexpr std::size_t kFigures = 18;

/// The figure's name in renderings.
std::string_view name_of(Figure figure) noexcept;

enum class Kind : std::uint32_t {
  process,    ///< all of them
  page_heap,  ///< what heaps and slab allocators share: free units, kept mappings, tables
  heap,
  fixed_pool,
  pool_manager,
  slab_allocator,
  buddy_allocator,
  arena,
  numa_pool,
  limit,  ///< what heaps hold that share a limit, by name or all of them
  movable_pool,
  epoch_domain  ///< blocks in use: those retired that wait
};

/// The kind's name in renderings.
std::string_view name_of(Kind kind) noexcept;

inline constexpr std::size_t kNameMax = 63;

/// One pool's figures at one moment.
struct Account {
  Kind kind = Kind::process;
  bool borrows = false;  ///< its bytes are blocks of another pool, and not to be added to it
  char name[kNameMax + 1] = {};
  std::array<std::uint64_t, kFigures> figures{};

  std::uint64_t& operator[](Figure figure) noexcept { return figures[static_cast<std::size_t>(figure)]; }
  std::uint64_t operator[](Figure figure) const noexcept { return figures[static_cast<std::size_t>(figure)]; }

  /// Bytes with the user, rounding included.
  std::uint64_t live() const noexcept {
    return (*this)[Figure::live] + (*this)[Figure::internal_fragmentation];
  }
  std::uint64_t cached() const noexcept { return (*this)[Figure::thread_caches]; }
  /// Bytes that anybody could have.
  std::uint64_t free() const noexcept {
    return (*this)[Figure::partial_slabs] + (*this)[Figure::empty_slabs] + (*this)[Figure::orphans] +
           (*this)[Figure::untouched];
  }
  /// Accessible memory for blocks: live + cached + free.
  std::uint64_t committed() const noexcept { return live() + cached() + free(); }
  /// What of it and of the metadata has pages, if the user has touched all of his blocks.
  std::uint64_t resident() const noexcept {
    return committed() - (*this)[Figure::untouched] + (*this)[Figure::metadata];
  }

  /// Adds another's figures; kind and name stay.
  Account& operator+=(const Account& other) noexcept {
    for (std::size_t i = 0; i < kFigures; ++i) figures[i] += other.figures[i];
    return *this;
  }
};

}  // namespace cenote::stats
