/// A slab: units cut into blocks of one size class, described by 128 bytes that lie apart from the blocks.
///
///     blocks      | in use | free | in use | purged | on its way home | ... | never cut |
///                 ^ start                                        frontier ^            ^ capacity
///
///     `carved` blocks are cut: each of them is exactly one of
///       used      with the user, or in the owner's cache          used() counts both
///       free      on `free`, pushed by the owner
///       remote    on `remote`, pushed by other threads, not yet collected (still counted as used)
///     the rest is to be cut, again where pages of free blocks went back to the system (a bit of `purged` for each part)
///
/// The first cache line belongs to the owner; the second is written by others. A descriptor says of every
/// unit, also of those that are not slabs, what it is (UnitKind).
///
/// Source  the free list per page and the lazily carved tail follow Leijen, Zorn & de Moura, "Mimalloc: Free
///         List Sharding in Action", APLAS 2019; the countdown to the next event and the packed remote word
///         are ours (docs/adr/0003).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/size_classes.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// A heap's central pool, or a SlabAllocator. Only its identity matters to the engine.
class SlabHolder {};

/// What `Slab::owner` names: the thread cache that takes blocks from the slab without synchronisation, or
/// another owner.
///
/// Only a ThreadCache may be reached through that pointer, since its memory is never released. Any other
/// owner is named by a tag, which has bit 0 set and is only compared: the object behind it may be gone, or of
/// another type.
class SlabOwner {
 public:
  static SlabOwner* tag_of(const void* owner) noexcept {
    return reinterpret_cast<SlabOwner*>(reinterpret_cast<std::uintptr_t>(owner) | 1);
  }
  static bool is_tag(const SlabOwner* owner) noexcept {
    return (reinterpret_cast<std::uintptr_t>(owner) & 1) != 0;
  }
};

/// A free block: its first word links to the next.
///
/// The storage was an object of the program's, whose lifetime ends where the link is constructed in its
/// place: a free of the program's is compiled into its own code, where the compiler may reason about the
/// types of objects.
struct FreeBlock {
  FreeBlock* next;
};

/// Blocks linked through their first words; `tail` is the last.
struct BlockChain {
  FreeBlock* head = nullptr;
  FreeBlock* tail = nullptr;
  std::uint32_t count = 0;
};

/// Of a pointer that is being freed, any thread reads this, and the holder, without synchronisation. A caller
/// who owns a block of the slab got it from a thread that had opened the slab, so it reads the values of its
/// slab. A wrong caller may read a value of any time: both are whole words, and what they lead to is never
/// unmapped or is only compared.
enum class UnitKind : std::uint8_t {
  unused,    // no block here
  slab,      // the first unit of a slab
  interior,  // a further unit of a slab; `head` names the first
  large      // the first unit of a block with units of its own
};

enum class SlabState : std::uint8_t {
  current,  // its owner's cache hands out its blocks
  partial,  // on its owner's list of slabs with blocks to give
  full,     // on no list until enough of its blocks come home
  sparse,   // likewise, and few of its blocks are in use
  resting,  // an abandoned slab, of no thread: its free pages may still be resident
  settled,  // an abandoned slab whose free pages went back to the system
  emptied   // current, and all of its blocks were free when its owner last looked
};

class alignas(kDescriptorBytes) Slab {
 public:
  // --- first line: written by the owner alone, but for `owner` and `kind`, which any thread may read -------
  FreeBlock* free = nullptr;
  // changes under the central pool's lock or while no block is live; read relaxed
  std::atomic<SlabOwner*> owner{nullptr};
  std::uint32_t countdown = 0;  // local frees until something must happen
  std::uint32_t bias = 0;       // used() == countdown + bias
  std::byte* start = nullptr;   // immutable while the slab lives, as all down to `units`
  std::uint32_t block_bytes = 0;
  std::uint16_t carved = 0;  // blocks that are cut
  std::uint16_t capacity = 0;
  SizeClass size_class{};
  SlabState state = SlabState::partial;
  UnitKind kind = UnitKind::unused;
  bool clean = false;  // what lies behind `frontier` reads as zero
  Units units{};
  ListLink<Slab> link{};  // the owner's partial list, or the central pool's abandoned slabs (under its lock)

  // --- second line: other threads --------------------------------------------------------------------------
  alignas(kCacheLine) std::atomic<std::uint64_t> remote{0};  // RemoteWord; push: release, collect: acquire
  Slab* ready_next = nullptr;                                // under the owner's ready lock
  bool ready_listed = false;                                 // likewise
  std::uint16_t purged = 0;      // by the owner, as the rest of this line: parts without a block that is cut
  std::uint16_t frontier = 0;    // no block from this one on was ever cut
  std::uint16_t seen_used = 0;   // blocks in use at its owner's last review
  SlabHolder* holder = nullptr;  // immutable while the slab lives
  ListLink<Slab> held_link{};    // all slabs and large blocks of a holder, under its lock
  Slab* head = nullptr;          // of an interior unit: its slab
  // the central pool's period in which it became idle; under the central pool's lock
  std::uint32_t rests_since = 0;

  /// Makes this descriptor a slab over `shape.units` units at `first_byte`; `c` is what the holder calls that
  /// shape.
  void open(SlabHolder* in, const SlabShape& shape, SizeClass c, std::byte* first_byte,
            bool is_clean) noexcept;
  /// The same for the heaps' size class `c`.
  void open(SlabHolder* in, SizeClass c, std::byte* first_byte, bool is_clean) noexcept {
    open(in, slab_shape(c), c, first_byte, is_clean);
  }
  /// Makes this descriptor a block of its own over `count` units.
  void open_large(SlabHolder* in, std::size_t bytes, std::byte* first_byte, Units count) noexcept;
  /// Forgets what this descriptor and those of its further units were.
  void close() noexcept;

  std::uint32_t used() const noexcept { return countdown + bias; }
  std::uint32_t free_count() const noexcept { return carved - used(); }
  bool fully_carved() const noexcept { return carved == capacity; }
  SlabParts parts() const noexcept { return {block_bytes, capacity, os::page_bytes()}; }

  /// Gives a block back; by the owner only. True when an event is due: the caller then asks the slab's owner
  /// what to do.
  bool push_local(void* block) noexcept {
    free = ::new (block) FreeBlock{free};
    return --countdown == 0;
  }

  /// Takes all blocks of `free`; by the owner only. They count as used from now on.
  FreeBlock* take_free() noexcept {
    set_used(carved);
    FreeBlock* chain = free;
    free = nullptr;
    return chain;
  }

  /// Cuts up to `count` fresh blocks, at least one, or those of a purged part, and takes them with all blocks
  /// of `free` behind them; precondition: not fully carved. They count as used. O(count).
  FreeBlock* carve_before_free(std::uint32_t count) noexcept;
  /// Whether the next blocks that are cut read as zero but for their links.
  bool cuts_zeros() const noexcept { return clean && purged == 0; }

  /// Cuts blocks as above, which become free; precondition: not fully carved. An event comes when the slab is
  /// empty. O(count).
  void carve(std::uint32_t count) noexcept {
    const std::uint32_t in_use = used();
    free = carve_before_free(count);
    set_used(in_use);
  }

  /// From now on an event comes when the slab is empty.
  void set_used(std::uint32_t count) noexcept {
    countdown = count;
    bias = 0;
  }
  /// From now on an event comes after `frees` local frees, 0 < frees <= used().
  void expect_event_after(std::uint32_t frees) noexcept {
    bias = used() - frees;
    countdown = frees;
  }

  /// What has become of the remote word.
  struct Pushed {
    bool first = false;  // nothing was waiting before: the caller tells the owner
    bool all = false;    // every block of the slab is there now
  };
  /// Adds a chain of blocks, freed by threads that do not own the slab. Lock-free; any thread but the owner.
  Pushed push_remote(const BlockChain& chain) noexcept;

  /// Moves remote frees to `free`; by the owner only. Returns how many. O(1): touches the last of them.
  std::uint32_t collect_remote() noexcept {
    return remote.load(std::memory_order_relaxed) == 0 ? 0 : collect_remote_ordered();
  }

  /// The same after `owner` has changed: an atomic read-modify-write whatever it finds, so that every push is
  /// either collected here or follows it, and then sees the new owner.
  std::uint32_t collect_remote_ordered() noexcept;

  /// Purges a slab all of whose blocks are remote, without its owner, who finds it empty when it collects.
  /// False, and nothing has happened, when that is not so, or the system refuses. One thread at a time, while
  /// the slab is held.
  bool claim_all_remote() noexcept;
  bool purge_claimed(os::Memory& memory) noexcept;

  /// Blocks on the remote word; exact only when nobody pushes.
  std::uint32_t remote_count() const noexcept;
  /// Whether their pages have gone back to the system; likewise.
  bool remote_is_purged() const noexcept;
  /// The first of them, null when there is none; likewise.
  const FreeBlock* remote_first() const noexcept;

  /// Gives the pages of parts in which no block is in use back to the system; by the owner only. Returns
  /// bytes. O(free blocks).
  std::size_t purge_free_parts(os::Memory& memory) noexcept;

  /// Whether `pointer`, inside this slab, is the start of a block that was cut at some time. O(1).
  bool is_block_start(const void* pointer) const noexcept;

  /// Every block is used, free or remote, never two of these; aborts when that is broken. By the owner when
  /// quiescent. O(capacity).
  void check_invariants() const noexcept;

 private:
  /// Blocks side by side, to be cut.
  struct Cut {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  Cut take_purged_part() noexcept;
  Cut take_from_frontier(std::uint32_t count) noexcept;
  std::uint32_t parts_without_use(const SlabParts& parts) const noexcept;
  std::uint32_t drop_free_blocks_in(const SlabParts& parts, std::uint32_t dropped) noexcept;
};

static_assert(sizeof(Slab) == kDescriptorBytes, "descriptors are found by a shift");
static_assert(offsetof(Slab, remote) == kCacheLine, "remote frees do not touch the owner's line");

}  // namespace cenote
