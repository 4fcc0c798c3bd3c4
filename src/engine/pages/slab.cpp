#include <algorithm>
#include <bit>

#include <cenote/detail/check.hpp>
#include <cenote/detail/slab.hpp>

namespace cenote {
namespace {

/// The remote word: the ends of a chain as distances from the slab's start in granules of 16 bytes, and its
/// length. One word, so that a whole chain is pushed or taken by one atomic operation, and its length is
/// known without walking it.
///
///     count == capacity --claim--> claimed: nobody may collect --purged, or the system has refused--> purged, or as before
struct RemoteWord {
  static constexpr std::uint64_t kClaimed = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kPurged = std::uint64_t{1}
                                           << 63;  // the blocks are no longer linked: none of them is cut

  std::uint64_t word;

  static RemoteWord pack(std::uint64_t head, std::uint64_t tail, std::uint64_t count) noexcept {
    return {head | tail << 16 | count << 32};
  }
  std::uint64_t head() const noexcept { return word & 0xffff; }
  std::uint64_t tail() const noexcept { return word >> 16 & 0xffff; }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(word >> 32) & 0x3fffffff; }
  bool is_claimed() const noexcept { return (word & kClaimed) != 0; }
  bool is_purged() const noexcept { return (word & kPurged) != 0; }
};

static_assert((std::size_t{slab_units({kClassCount - 1}).count} << kUnitShift) / kBlockAlignment <= 0x10000,
              "every block of the largest slab has a granule number of 16 bits");

std::uint64_t granule_of(const Slab& slab, const void* block) noexcept {
  return static_cast<std::uint64_t>(static_cast<const std::byte*>(block) - slab.start) / kBlockAlignment;
}

FreeBlock* block_at(const Slab& slab, std::uint64_t granule) noexcept {
  return reinterpret_cast<FreeBlock*>(slab.start + granule * kBlockAlignment);
}

// A SlabAllocator forbids its free blocks, links included.
[[gnu::no_sanitize_address]] const FreeBlock* next_of(const FreeBlock* block) noexcept { return block->next; }

std::uint32_t blocks_in_parts(const SlabParts& parts, std::uint32_t chosen) noexcept {
  std::uint32_t blocks = 0;
  for (; chosen != 0; chosen &= chosen - 1) {
    blocks += parts.blocks_in(static_cast<std::uint32_t>(std::countr_zero(chosen)));
  }
  return blocks;
}

std::uint32_t length_of(const FreeBlock* block) noexcept {
  std::uint32_t length = 0;
  for (; block != nullptr; block = next_of(block)) ++length;
  return length;
}

}  // namespace

void Slab::open(SlabHolder* in, const SlabShape& shape, SizeClass c, std::byte* first_byte,
                bool is_clean) noexcept {
  free = nullptr;
  set_used(0);
  start = first_byte;
  block_bytes = shape.block_bytes;
  carved = 0;
  frontier = 0;
  purged = 0;
  seen_used = 0;
  capacity = shape.capacity;
  size_class = c;
  state = SlabState::partial;
  clean = is_clean;
  units = {shape.units};
  remote.store(0, std::memory_order_relaxed);
  holder = in;
  kind = UnitKind::slab;
  for (std::uint32_t unit = 1; unit < units.count; ++unit) {
    this[unit].head = this;
    this[unit].kind = UnitKind::interior;
  }
}

void Slab::open_large(SlabHolder* in, std::size_t bytes, std::byte* first_byte, Units count) noexcept {
  start = first_byte;
  block_bytes = static_cast<std::uint32_t>(bytes);
  units = count;
  carved = 0;
  holder = in;
  kind = UnitKind::large;
}

void Slab::close() noexcept {
  owner.store(nullptr, std::memory_order_relaxed);
  if (kind == UnitKind::slab) {
    for (std::uint32_t unit = 1; unit < units.count; ++unit) this[unit].kind = UnitKind::unused;
  }
  kind = UnitKind::unused;
}

FreeBlock* Slab::carve_before_free(std::uint32_t count) noexcept {
  const Cut cut = purged != 0 ? take_purged_part() : take_from_frontier(count);
  std::byte* const first = start + std::size_t{cut.first} * block_bytes;
  std::byte* at = first;
  for (std::uint32_t i = 1; i < cut.count; ++i, at += block_bytes) {
    reinterpret_cast<FreeBlock*>(at)->next = reinterpret_cast<FreeBlock*>(at + block_bytes);
  }
  carved = static_cast<std::uint16_t>(carved + cut.count);
  reinterpret_cast<FreeBlock*>(at)->next = take_free();
  return reinterpret_cast<FreeBlock*>(first);
}

Slab::Cut Slab::take_from_frontier(std::uint32_t count) noexcept {
  const std::uint32_t first = frontier;
  count = std::min<std::uint32_t>(count, capacity - first);
  frontier = static_cast<std::uint16_t>(first + count);
  return {first, count};
}

Slab::Cut Slab::take_purged_part() noexcept {
  const auto part = static_cast<std::uint32_t>(std::countr_zero(purged));
  purged = static_cast<std::uint16_t>(purged & (purged - 1U));
  const SlabParts all = parts();
  return {all.first_block(part), all.blocks_in(part)};
}

// Whoever sees the word that is written here may close the slab: what is read of it is read before.
Slab::Pushed Slab::push_remote(const BlockChain& chain) noexcept {
  const std::uint64_t first_granule = granule_of(*this, chain.head);
  const std::uint32_t all = capacity;
  RemoteWord before{remote.load(std::memory_order_relaxed)};
  RemoteWord after{};
  do {
    const bool first = before.count() == 0;
    chain.tail->next = first ? nullptr : block_at(*this, before.head());
    after = RemoteWord::pack(first_granule, first ? granule_of(*this, chain.tail) : before.tail(),
                             std::uint64_t{before.count()} + chain.count);
  } while (!remote.compare_exchange_weak(before.word, after.word, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  return {before.count() == 0, after.count() == all};
}

std::uint32_t Slab::collect_remote_ordered() noexcept {
  RemoteWord taken{remote.load(std::memory_order_relaxed)};
  do {
    if (taken.is_claimed()) return 0;  // and nobody has a block to push
  } while (
      !remote.compare_exchange_weak(taken.word, 0, std::memory_order_acq_rel, std::memory_order_relaxed));
  if (taken.count() == 0) return 0;
  if (taken.is_purged()) {
    free = nullptr;
    carved = frontier = purged = 0;
    clean = true;
    set_used(0);
    return taken.count();
  }
  block_at(*this, taken.tail())->next = free;
  free = block_at(*this, taken.head());
  set_used(used() - taken.count());
  return taken.count();
}

std::uint32_t Slab::remote_count() const noexcept {
  return RemoteWord{remote.load(std::memory_order_relaxed)}.count();
}

bool Slab::remote_is_purged() const noexcept {
  return RemoteWord{remote.load(std::memory_order_relaxed)}.is_purged();
}

bool Slab::claim_all_remote() noexcept {
  RemoteWord all{remote.load(std::memory_order_relaxed)};
  return !all.is_claimed() && !all.is_purged() && all.count() == capacity &&
         remote.compare_exchange_strong(all.word, all.word | RemoteWord::kClaimed, std::memory_order_acq_rel,
                                        std::memory_order_relaxed);
}

bool Slab::purge_claimed(os::Memory& memory) noexcept {
  const std::uint64_t before = remote.load(std::memory_order_relaxed) & ~RemoteWord::kClaimed;
  const bool purged_all = memory.purge({start, bytes_of(units)});
  remote.store(purged_all ? before | RemoteWord::kPurged : before, std::memory_order_release);
  return purged_all;
}

const FreeBlock* Slab::remote_first() const noexcept {
  const RemoteWord waiting{remote.load(std::memory_order_relaxed)};
  return waiting.count() == 0 || waiting.is_purged() ? nullptr : block_at(*this, waiting.head());
}

bool Slab::is_block_start(const void* pointer) const noexcept {
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(pointer) - start);
  return offset % block_bytes == 0 && offset / block_bytes < frontier;
}

void Slab::check_invariants() const noexcept {
  CENOTE_CHECK(kind == UnitKind::slab, "not a slab");
  CENOTE_CHECK(frontier <= capacity && used() <= carved, "more blocks in use than there are");
  CENOTE_CHECK(carved + blocks_in_parts(parts(), purged) == frontier, "a block neither cut nor purged");
  CENOTE_CHECK(length_of(free) == free_count(), "lost or duplicated block");
  CENOTE_CHECK(remote_count() <= used(), "more blocks came home than were out");
  for (const FreeBlock* block = free; block != nullptr; block = next_of(block)) {
    CENOTE_CHECK(is_block_start(block), "a free list that leaves its slab");
  }
}

}  // namespace cenote
