/// The chunks of an arena, and the cursor in the newest one.
///
///     oldest <--previous-- chunk <--previous-- newest: | blocks . . . . > free . . . . |
///                                                                       ^ at           ^ end
///
/// A *place* is an address in a chunk where the cursor is or was. Going back to one gives all later chunks
/// back upstream; going back to the start keeps them for later, so that what is done in cycles asks for no
/// memory.
///
/// Whether what was in use at some time still stands is known exactly: time passes when a chunk is opened and
/// when the arena goes back to a place below one that somebody watches, and each chunk has a log of such
/// setbacks. Of them only those count that no later one went below, so a log is no longer than the blocks
/// between them; mostly it is empty.
///
/// Invariants  used() counts blocks and what lies between them, not the free ends of chunks that were left
///             nor what stands before the first block of a chunk; it never passes the limit. watched_ <= at.
///             What gauges read lies in the stack itself: chunks are returned to the upstream while readers
///             are under way.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/budget.hpp>
#include <cenote/detail/gauge.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

// What stands at the start of an arena's chunk, and the log of its setbacks at its end.
//
//     | header | blocks . . . . . . > free . . . . . . | spare | setback 1 | setback 0 |
//              ^ begin                                         ^ log_start   the oldest
//
// Invariants  setbacks rise in place and in time. Blocks end before `spare`, so that one more can be noted
//             without asking anybody for memory; or exactly at the newest setback, which any further one
//             replaces.

namespace cenote {

struct ArenaOptions;
struct ArenaStats;
enum class Scrub;

/// At `time` the arena went back to `place`: what stood above it is gone.
struct alignas(std::max_align_t) ArenaSetback {
  std::uintptr_t place = 0;
  std::uint64_t time = 0;
};

struct alignas(std::max_align_t) ArenaChunk {
  ArenaChunk* previous = nullptr;  // the one opened before; of those kept for later, the next
  std::size_t bytes = 0;           // all of it, a multiple of 16
  std::uint64_t opened = 0;        // when
  std::size_t used_before = 0;     // in older chunks
  std::uintptr_t begin = 0;        // of the first block
  std::uintptr_t left_at = 0;      // where the blocks ended when the next chunk was opened
  std::uintptr_t dirty = 0;        // bytes from here to the log read as zero
  std::uint32_t setbacks = 0;
  std::uint32_t setbacks_max = 0;  // since the log was last wiped

  std::uintptr_t payload() const noexcept { return address_of(this) + sizeof(ArenaChunk); }
  std::uintptr_t end() const noexcept { return address_of(this) + bytes; }
  std::uintptr_t log_start() const noexcept { return end() - setbacks * sizeof(ArenaSetback); }
  /// Where what blocks may use ends.
  std::uintptr_t blocks_end() const noexcept { return log_start() - sizeof(ArenaSetback); }
  /// The index-th setback, 0 the oldest.
  ArenaSetback* setback(std::uint32_t index) const noexcept {
    return reinterpret_cast<ArenaSetback*>(end()) - (index + 1);
  }

  /// Forgets setbacks at `place` and above, and notes one there.
  void note_setback(std::uintptr_t place, std::uint64_t time) noexcept;
  /// Whether what lies below `place` has stood since `since`.
  bool stands(std::uintptr_t place, std::uint64_t since) const noexcept;
};
static_assert(sizeof(ArenaChunk) == kCacheLine || sizeof(void*) != 8);
static_assert(sizeof(ArenaSetback) % alignof(std::max_align_t) == 0);

}  // namespace cenote

// A cursor that moves through a piece of memory: align, compare, store.
//
//     | in use . . . . . . . . . . |pad| block  | free . . . . . . |
//                                  ^ at before  ^ at after         ^ end

namespace cenote {

/// The largest alignment an arena serves. Two of it and PTRDIFF_MAX are far apart, also where addresses have
/// 32 bits.
inline constexpr std::size_t kArenaAlignmentMax = kServedAlignmentMax;

/// The largest block that any arena could serve: header and alignment of its chunk are counted without
/// overflow.
inline constexpr std::size_t kArenaBytesMax = PTRDIFF_MAX - 2 * kArenaAlignmentMax;

constexpr bool is_arena_alignment(std::size_t alignment) noexcept {
  return is_power_of_two(alignment) && alignment <= kArenaAlignmentMax;
}

/// Why no arena could serve it; AllocError{} when one could.
constexpr AllocError why_not_servable(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return AllocError::zero_size;
  if (!is_arena_alignment(alignment)) return AllocError::bad_alignment;
  return size > kArenaBytesMax ? AllocError::too_large : AllocError{};
}

struct Bump {
  std::uintptr_t at = 0;
  std::uintptr_t end = 0;

  /// The next `size` bytes; null when they do not fit, or no arena could serve them: then nothing has
  /// changed.
  ///
  /// Where 0 bytes end, and so many that addresses wrap, is not behind where they start: one comparison finds
  /// both, none where the compiler knows the size.
  void* try_take(std::size_t size, std::size_t alignment) noexcept {
    const std::uintptr_t start = align_up(at, alignment), next = start + size;
    const bool is_odd = __builtin_constant_p(size) ? size - 1 >= kArenaBytesMax : next <= start;
    if (!is_arena_alignment(alignment) || is_odd || next > end) [[unlikely]]
      return nullptr;
    if (start == 0) __builtin_unreachable();  // nothing ends before 0: who tests the result for null need not
    at = next;
    return reinterpret_cast<void*>(start);
  }
};

/// What to unpoison for a block that ends at `end`. A checker knows of a grain how many bytes at its start
/// may be touched, so a block that begins inside a grain opens what lies before it too, which is in use.
struct ArenaBlockBytes {
  ArenaBlockBytes(const void* block, std::uintptr_t end, std::size_t grain) noexcept
      : start{static_cast<const std::byte*>(block) - address_of(block) % grain},
        bytes{end - address_of(start)} {}

  const std::byte* start;
  std::size_t bytes;
};

/// Tells the memory checker that this code is compiled with that a block, which ends at `end`, may be
/// touched. For headers alone: code that is compiled with the library goes by the arena's marks.
inline void allow_arena_block(const void* block, std::uintptr_t end) noexcept {
  if constexpr (annotate::kActive) {
    const ArenaBlockBytes opened{block, end, annotate::kGrain};
    annotate::allow(opened.start, opened.bytes);
  }
}

}  // namespace cenote

// Where an arena gets its chunks and gives them back: the system, or any pool, heap or arena.
//
//     Arena on_pages;                                                   // the system's
//     BuddyAllocator buddies{{.bytes = 64 << 20}};
//     Arena in_buddies{{.name = "query"}, buddies};                     // which must outlive the arena
//     BlockPool<> blocks{{.block_size = 64 * 1024, .capacity = 100}};
//     Arena in_blocks{{}, blocks};                                      // each chunk is a block

namespace cenote {

// Version 14 tears compound requirements apart.
// clang-format off

/// Blocks of any size. One without deallocate (an arena) keeps the chunks until it takes all back.
template <class P>
concept SizedChunkPool = requires(P& pool, std::size_t bytes, std::size_t alignment) {
  { pool.try_allocate(bytes, alignment) } noexcept -> std::same_as<Result<void*>>;
};

/// Blocks of one size: each is a chunk.
template <class P>
concept EqualChunkPool = requires(P& pool, const P& looked_at, Block block) {
  { pool.try_allocate() } noexcept -> std::same_as<Result<Block>>;
  { pool.deallocate(block) } noexcept;
  { looked_at.block_size() } noexcept -> std::same_as<std::size_t>;
  { looked_at.alignment() } noexcept -> std::same_as<std::size_t>;
};

template <class P>
concept ChunkPool = SizedChunkPool<P> || EqualChunkPool<P>;

// clang-format on

/// Refers to its upstream, and owns nothing.
///
/// Threads     those of the upstream.
class ChunkSource {
 public:
  ChunkSource(os::Memory& memory) noexcept  // NOLINT(google-explicit-constructor)
      : upstream_{&memory} {}
  template <ChunkPool P>
  ChunkSource(P& pool) noexcept  // NOLINT(google-explicit-constructor)
      : upstream_{&pool}, calls_{&kCallsOf<P>} {}

  struct Chunk {
    os::Region region{};
    PageKind pages = PageKind::normal;  // as granted; of a pool always normal, whatever its own are
  };

  /// `wanted` bytes, or where they are not to be had at least `least`; of the system whole pages, of a pool
  /// of equal blocks one of them.
  ///
  /// Errors      the upstream's own. A pool of equal blocks: also too_large and bad_alignment, when its
  ///             blocks are too small or less aligned than 16 bytes. The system: limit_reached,
  ///             out_of_memory.
  Result<Chunk> take(std::size_t least, std::size_t wanted, PageKind pages) const noexcept {
    return calls_ == nullptr ? map(least, wanted, pages) : calls_->take(upstream_, least, wanted, pages);
  }
  void give_back(os::Region chunk) const noexcept {
    if (calls_ == nullptr) return unmap(chunk);
    calls_->give_back(upstream_, chunk);
  }
  /// The same, but what the system gives is charged to `budget`. A pool charges its own memory.
  ChunkSource charged_to(Budget& budget) const noexcept {
    ChunkSource source = *this;
    source.budget_ = &budget;
    return source;
  }

  /// The system that chunks are mapped from: they are zero at first, and their pages may be given back; null
  /// when it is a pool.
  os::Memory* memory() const noexcept {
    return calls_ == nullptr ? static_cast<os::Memory*>(upstream_) : nullptr;
  }

 private:
  struct Calls {
    Result<Chunk> (*take)(void* upstream, std::size_t least, std::size_t wanted, PageKind pages) noexcept;
    void (*give_back)(void* upstream, os::Region chunk) noexcept;
  };

  Result<Chunk> map(std::size_t least, std::size_t wanted, PageKind pages) const noexcept;
  Result<Chunk> map_exactly(std::size_t bytes, PageKind pages) const noexcept;
  void unmap(os::Region chunk) const noexcept;

  template <class P>
  static Result<Chunk> take_from(void* upstream, std::size_t least, std::size_t wanted, PageKind) noexcept {
    P& pool = *static_cast<P*>(upstream);
    if constexpr (SizedChunkPool<P>) {
      for (const std::size_t bytes : {wanted, least}) {
        const Result<void*> block = pool.try_allocate(bytes, kCacheLine);
        if (block) return Chunk{{static_cast<std::byte*>(*block), bytes}};
        if (bytes == least) return block.error();
      }
      return AllocError::out_of_memory;  // not reached
    } else {
      if (pool.block_size() < least) return AllocError::too_large;
      if (pool.alignment() < alignof(ArenaChunk)) return AllocError::bad_alignment;
      const Result<Block> block = pool.try_allocate();
      return block ? Result<Chunk>{Chunk{{block->data(), block->size()}}} : block.error();
    }
  }
  template <class P>
  static void give_back_to(void* upstream, os::Region chunk) noexcept {
    P& pool = *static_cast<P*>(upstream);
    if constexpr (!SizedChunkPool<P>) {
      pool.deallocate(Block{chunk.start, pool.block_size()});
    } else if constexpr (requires { pool.deallocate(static_cast<void*>(chunk.start)); }) {
      pool.deallocate(static_cast<void*>(chunk.start));
    }
  }
  template <class P>
  static constexpr Calls kCallsOf{&take_from<P>, &give_back_to<P>};

  void* upstream_;
  const Calls* calls_ = nullptr;  // null: of the system
  Budget* budget_ = &g_process_budget;
};

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
  /// Whether the arena holds what lies below `place`, and has done so since `since`. O(chunks + log
  /// setbacks).
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
  // the address at which used() would be 0 if all blocks lay side by side up to the cursor
  std::uintptr_t base_ = 0;
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
