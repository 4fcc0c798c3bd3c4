/// The chunks of an arena, and the cursor in the newest one.
///
///     oldest <--previous-- chunk <--previous-- newest: | blocks . . . . > free . . . . |
///                                                                       ^ at           ^ end
///
/// A *place* is an address in a chunk where the cursor is or was. Going back to one gives all later chunks back upstream; going back to
/// the start keeps them for later, so that what is done in cycles asks for no memory.
///
/// Whether what was in use at some time still stands is known exactly: time passes when a chunk is opened and when the arena goes back to
/// a place below one that somebody watches, and each chunk has a log of such setbacks. Of them only those count that no later one went
/// below, so a log is no longer than the blocks between them; mostly it is empty.
///
/// Invariants  used() counts blocks and what lies between them, not the free ends of chunks that were left nor what stands before the
///             first block of a chunk; it never passes the limit. watched_ <= at. What gauges read lies in the stack itself: chunks are
///             returned to the upstream while readers are under way.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/detail/arena_chunk.hpp>
#include <cenote/detail/arena_options.hpp>
#include <cenote/detail/arena_stats.hpp>
#include <cenote/detail/bump.hpp>
#include <cenote/detail/chunk_source.hpp>
#include <cenote/detail/gauge.hpp>

namespace cenote {

/// Threads     one at a time.
class ChunkStack {
 public:
  static constexpr std::size_t kNoLimit = SIZE_MAX;

  /// `limit`: at first; options.limit_bytes is the most it will ever be.
  ChunkStack(const ArenaOptions& options, std::size_t limit, ChunkSource source,
             const annotate::Marks* marks) noexcept;
  // All members are pointers and numbers: copied, then forgotten.
  ChunkStack(ChunkStack&& other) noexcept  // NOLINTNEXTLINE(performance-move-constructor-init)
      : ChunkStack{static_cast<const ChunkStack&>(other)} {
    other.forget();
  }
  ChunkStack& operator=(const ChunkStack&) = delete;
  ChunkStack& operator=(ChunkStack&&) = delete;
  /// Gives everything back.
  ~ChunkStack();

  /// Null when it does not fit into the newest chunk, or is not servable at all.
  void* try_take(std::size_t size, std::size_t alignment) noexcept { return bump_.try_take(size, alignment); }
  /// Tells the program's memory checker that a block, the last one taken, may be touched.
  void allow_block(const void* block) const noexcept;
  /// Opens a chunk in which it will fit; AllocError{}, or why not: then nothing has changed.
  AllocError open_for(std::size_t size, std::size_t alignment) noexcept;

  Bump bump() const noexcept { return bump_; }
  /// Where somebody else's copy of the cursor has moved to.
  void move_to(std::uintptr_t at) noexcept { bump_.at = at; }
  std::size_t used() const noexcept { return bump_.at - base_; }
  std::size_t limit() const noexcept { return limit_; }
  void set_limit(std::size_t limit) noexcept;
  /// By how much the limit is too low for such a block; to be asked when open_for said limit_reached.
  std::size_t limit_lacks(std::size_t size, std::size_t alignment) const noexcept;

  /// Now; what is in use now will be known to stand, or not.
  std::uint64_t watch() noexcept {
    watched_ = bump_.at;
    return time_;
  }
  /// Whether the arena holds what lies below `place`, and has done so since `since`. O(chunks + log setbacks).
  bool stands(std::uintptr_t place, std::uint64_t since) const noexcept;
  /// Back to a place that stands; 0: before the first chunk.
  void go_back(std::uintptr_t place) noexcept;
  /// Forgets all blocks and keeps all chunks. O(chunks in use), and the scrubbing.
  void restart(Scrub scrub) noexcept;
  /// Gives back the chunks that are kept for later; returns their bytes.
  std::size_t trim() noexcept;
  /// Whether the address lies in a block in use, or between two.
  bool owns(const void* address) const noexcept {
    return chunk_at(address_of(address)) != nullptr && chunk_at(address_of(address) + 1) != nullptr;
  }

  /// used, peak, chunks and pages.
  ArenaStats stats() const noexcept;
  /// Gauges of the same.
  stats::Gauges gauges() const noexcept;
  /// A gauge of the bytes of all chunks of a member of each item behind `head`.
  template <class Head, class Item>
  static stats::Gauge bytes_in_list(stats::Figure figure, const Head& head, Item* Item::*next,
                                    ChunkStack Item::*chunks) noexcept {
    return stats::Gauge::in_list(figure, head, next, chunks, &ChunkStack::bytes_);
  }

 private:
  ChunkStack(const ChunkStack&) = default;
  void forget() noexcept;

  std::size_t bytes_wanted(std::size_t least) const noexcept;
  ArenaChunk* take_spare(std::size_t least) noexcept;
  Result<ArenaChunk*> take_chunk(std::size_t least) noexcept;
  void give_back(ArenaChunk* chunk) noexcept;
  void give_all_back(ArenaChunk*& list) noexcept;
  void leave() noexcept;
  void enter(ArenaChunk& chunk, std::uintptr_t at) noexcept;
  void start_in(ArenaChunk& chunk, std::size_t alignment) noexcept;
  std::uintptr_t limited_end(const ArenaChunk& chunk) const noexcept;
  bool has_room(std::size_t size, std::size_t alignment) const noexcept;
  ArenaChunk* chunk_at(std::uintptr_t place) const noexcept;
  void note_setback(std::uintptr_t place) noexcept;
  void wipe_chunk(ArenaChunk& chunk, Scrub scrub) noexcept;
  void allow(std::uintptr_t from, std::uintptr_t to) const noexcept;
  void forbid(std::uintptr_t from, std::uintptr_t to) const noexcept;

  Bump bump_{};
  std::uintptr_t base_ =
      0;  // the address at which used() would be 0 if all blocks lay side by side up to the cursor
  ArenaChunk* newest_ = nullptr;
  std::uintptr_t watched_ = 0;  // the highest place in the newest chunk that somebody may ask about
  std::uint64_t time_ = 1;
  std::uint64_t restarted_ = 0;  // when
  ArenaChunk* spare_ = nullptr;  // kept for later, in the order in which they were opened
  std::size_t limit_;
  std::size_t limit_max_;
  std::size_t chunk_bytes_;
  PageKind pages_;                       // as asked for
  PageKind granted_ = PageKind::normal;  // to the chunk that came last
  ChunkSource source_;
  const annotate::Marks* marks_;  // of the program's memory checker; null when it has none
  std::size_t chunks_ = 0;        // spare ones included, as in bytes_
  std::size_t bytes_ = 0;
  std::size_t peak_used_ = 0;  // up to the last way back
};

}  // namespace cenote
