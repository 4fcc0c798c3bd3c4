/// A picture of all memory that the heaps and slab allocators of a process have: what lies in each unit of 64
/// KiB, and, for one slab, what each of its blocks is.
///
///     node -> extent (4 MiB) -> run of units (a slab, a large block, free ones) -> block
///
/// Read as the census is (heap_census.hpp): nothing is locked, and what makes no sense, since it changed
/// meanwhile, is drawn as `unknown`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cenote/detail/account.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/slab.hpp>
#include <cenote/memory_source.hpp>

#include "heap/heap_core.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {

/// What one module of a process, a program or a library, has of heaps; a module that has slabs but no heap
/// has no `anchor.process`.
struct HeapView {
  const stats::Peek& peek;
  HeapAnchor anchor;
  const stats::Listings* listings = nullptr;  // where names are; null: slab allocators have none
};

/// Who has units: a heap, a slab allocator or a pool manager.
struct MapHolder {
  const SlabHolder* holder = nullptr;
  stats::Kind kind = stats::Kind::slab_allocator;
  std::string name{};  // empty: it has none
};

/// Units in a row that are one thing.
struct MapRun {
  enum class What : std::uint8_t {
    untouched,  ///< free, without pages
    dirty,      ///< free, and still resident
    slab,
    large,   ///< one block with units of its own
    tables,  ///< what cenote knows of the units of a region whose size is limited; of others they lie apart
    unknown  ///< in use, but its descriptor makes no sense: it is being changed
  };

  What what = What::unknown;
  bool is_orphan = false;  // a slab that no thread owns
  std::uint8_t first = 0;  // of the extent's units
  std::uint8_t units = 0;
  std::uint16_t holder = 0;  // index; of a slab or large block
  std::uint32_t block_bytes = 0;
  std::uint32_t capacity = 0;  // blocks; all below are blocks too
  std::uint32_t carved = 0;
  std::uint32_t live = 0;    // with the user
  std::uint32_t cached = 0;  // with a thread, or on their way home

  std::uint64_t live_bytes() const noexcept { return std::uint64_t{live} * block_bytes; }
};

struct MapExtent {
  std::uintptr_t address = 0;
  int node = 0;
  PageKind pages = PageKind::normal;
  std::vector<MapRun> runs{};  // all 64 units, in order
};

/// A block with a mapping of its own.
struct MapHuge {
  std::uintptr_t address = 0;
  std::uint64_t bytes = 0;
  int node = 0;
  std::uint16_t holder = 0;
};

struct HeapMap {
  std::vector<MapHolder> holders{};
  std::vector<MapExtent> extents{};  // by address
  std::vector<MapHuge> huge{};
  bool is_cut_short = false;  // there are more than kExtentsMax
};

inline constexpr std::size_t kExtentsMax = 16'384;  // 64 GiB: more than a picture can show

/// Empty when the process cannot be read.
///
/// Throws std::bad_alloc. Complexity O(units + blocks in thread caches).
std::optional<HeapMap> heap_map(const HeapView& view);

/// Adds what another module of the same process has.
void join(HeapMap& map, HeapMap other);

// --- one slab ----------------------------------------------------------------------------------------------

enum class BlockUse : std::uint8_t {
  live,         ///< with the user
  free,         ///< on its slab's list
  cached,       ///< on the list of a thread's cache
  remote,       ///< on its way home from another thread
  quarantined,  ///< freed, and kept from being used again for a while
  uncarved      ///< not cut yet
};

struct SlabMap {
  std::uintptr_t address = 0;
  std::uint32_t units = 0;
  std::uint32_t block_bytes = 0;
  bool is_orphan = false;
  MapHolder holder{};
  std::vector<BlockUse> blocks{};
};

/// The slab or large block in whose units `address` lies; empty when there is none.
///
/// Throws std::bad_alloc. Complexity O(bytes of the slab + blocks in thread caches).
std::optional<SlabMap> slab_map(const HeapView& view, std::uintptr_t address);

}  // namespace cenote::inspect
