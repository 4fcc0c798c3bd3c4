#include "heap/hardening.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <cenote/detail/address_space.hpp>

#include "base/damage.hpp"
#include "heap/threads.hpp"

namespace cenote::hardening {
namespace {

using block_service::Found;

constexpr unsigned char kFill = 0xdf;  // as a pointer it is not canonical: a use after free faults

// The first word links free blocks once they have left the quarantine; what lies behind it stays filled.
constexpr std::size_t kLinkBytes = sizeof(FreeBlock);

// Of the bytes between those requested and the seal, so many are guarded: an overflow begins where the block
// ends.
constexpr std::size_t kGuardBytesMax = 4096;

// Of filled blocks in the quarantine: 512 of 2 KiB, in a small heap. In a large one a sixteenth of its
// memory, as much as the states of its blocks.
constexpr std::size_t kFilledBytesMin = std::size_t{1} << 20;
constexpr std::size_t kFilledShare = 16;

std::size_t filled_bytes(std::size_t block_bytes) noexcept { return std::min(block_bytes, kSlabBlockMax); }

bool all_are(unsigned char value, const std::byte* first, std::size_t bytes) noexcept {
  return bytes == 0 || (*first == std::byte{value} && std::memcmp(first, first + 1, bytes - 1) == 0);
}

bool fill_is_intact(const void* block, std::size_t first, std::size_t bytes) noexcept {
  return all_are(kFill, static_cast<const std::byte*>(block) + first, bytes - first);
}

void report_late_write(const HeapCore& core, const void* block) noexcept {
  report_damage({AllocError::double_free, block, core.name}, kWriteAfterFree);
}

std::atomic<BlockState>& state_of(const HeapCore& core, const void* block) noexcept {
  return core.central_pool.pages().space().state_of(block);
}

/// What lies behind the bytes that the user of a block requested.
///
/// The seal depends on the heap's key, the address and the size, so that neither a copy of another one nor a
/// guess passes. Its first byte is never 0: a terminating null too far is the most common overflow.
class Canary {
 public:
  Canary(const HeapCore& core, void* block, std::size_t block_bytes) noexcept
      : block_{static_cast<std::byte*>(block)},
        end_{block_bytes - kCanaryBytes},
        key_{mixed(core.canary_key ^ address_of(block))} {}

  void write(std::size_t size) const noexcept {
    std::memset(block_ + size, guard(), guard_bytes(size));
    const std::uint64_t words[] = {seal(size), size ^ key_};
    std::memcpy(block_ + end_, words, sizeof words);
  }

  /// The size, when nothing is damaged.
  Result<std::size_t> read() const noexcept {
    std::uint64_t words[2];
    static_assert(sizeof words == kCanaryBytes);
    std::memcpy(words, block_ + end_, sizeof words);
    const std::uint64_t size = words[1] ^ key_;
    if (size > end_ || words[0] != seal(size)) return AllocError::size_mismatch;
    const auto bytes = static_cast<std::size_t>(size);
    if (!all_are(guard(), block_ + bytes, guard_bytes(bytes))) return AllocError::size_mismatch;
    return bytes;
  }

 private:
  // Source: the finalizer of splitmix64, Steele, Lea & Flood, "Fast Splittable Pseudorandom Number
  // Generators", OOPSLA 2014.
  static std::uint64_t mixed(std::uint64_t bits) noexcept {
    bits = (bits ^ bits >> 30) * 0xbf58'476d'1ce4'e5b9U;
    bits = (bits ^ bits >> 27) * 0x94d0'49bb'1331'11ebU;
    return bits ^ bits >> 31;
  }
  std::uint64_t seal(std::uint64_t size) const noexcept {
    constexpr std::uint64_t kInEachByte = 0x0101'0101'0101'0101U;
    return mixed(key_ + size) | kInEachByte;
  }
  unsigned char guard() const noexcept { return static_cast<unsigned char>(key_ >> 32 | 1); }
  std::size_t guard_bytes(std::size_t size) const noexcept { return std::min(end_ - size, kGuardBytesMax); }

  std::byte* block_;
  std::size_t end_;  // where the seal begins
  std::uint64_t key_;
};

Canary canary_of(const HeapCore& core, const void* block, std::size_t block_bytes) noexcept {
  return {core, const_cast<void*>(block), block_bytes};
}

/// The block before `block` in its slab; null when there is none.
const std::byte* block_before(const void* block, const Found& found) noexcept {
  const auto* const at = static_cast<const std::byte*>(block);
  const bool is_first = found.slab->kind != UnitKind::slab || at == found.slab->start;
  return is_first ? nullptr : at - found.bytes;
}

/// Whether what lies before `block` is as this heap left it. Under the quarantine's lock.
bool is_whole_before(const HeapCore& core, const void* block, const Found& found) noexcept {
  const std::byte* const before = block_before(block, found);
  if (before == nullptr) return true;
  switch (state_of(core, before).load(std::memory_order_relaxed)) {
    case BlockState::live:
    case BlockState::live_aligned:
      return canary_of(core, before, found.bytes).read().has_value();
    case BlockState::freed:
      return fill_is_intact(before, found.bytes - kCanaryBytes, found.bytes);
    case BlockState::never:
      break;
  }
  return true;
}

/// Marks a block freed whose canary is whole. Under the quarantine's lock: a thread that looks at what lies
/// before its own block sees a live one with a canary, or a freed one that is filled where that was.
Wrong mark_freed(HeapCore& core, void* block, const Found& found, bool& whole_before) noexcept {
  const os::LockGuard guard{core.quarantine.lock()};
  if (const AllocError error = check_live(core, block, found); error != AllocError{}) return {error};
  if (!canary_of(core, block, found.bytes).read()) return {AllocError::size_mismatch, kWritePastEnd};
  if (found.slab == nullptr) return {};
  whole_before = is_whole_before(core, block, found);
  state_of(core, block).store(BlockState::freed, std::memory_order_relaxed);
  if (found.slab->kind == UnitKind::slab) {
    std::memset(static_cast<std::byte*>(block) + found.bytes - kCanaryBytes, kFill, kCanaryBytes);
  }
  return {};
}

/// What is to be filled of a block that is marked freed.
void fill(void* block, const Found& found) noexcept {
  const std::size_t filled_yet = found.slab->kind == UnitKind::slab ? kCanaryBytes : 0;
  std::memset(block, kFill, filled_bytes(found.bytes) - filled_yet);
}

/// The block for good, of which nothing is to be reported any more.
Wrong take_back(HeapCore& core, void* block, const Found& found) noexcept {
  return {block_service::deallocate(core, thread_state::lists_for(core), block, found)};
}

/// Whether one more fenced block may wait: the one that has waited longest makes room when it can.
bool has_room_for_fenced(HeapCore& core) noexcept {
  const Quarantine::Entry oldest = core.quarantine.take_surplus_fenced();
  return oldest.block == nullptr || on_leave_quarantine(core, oldest);
}

/// Blocks leave the quarantine until the filled ones are a small share of the heap's memory.
void shrink_quarantine(HeapCore& core) noexcept {
  const std::size_t bytes_max = std::max(kFilledBytesMin, core.central_pool.budget().held() / kFilledShare);
  Quarantine::Entry oldest = core.quarantine.take_filled_above(bytes_max);
  while (oldest.block != nullptr && on_leave_quarantine(core, oldest))
    oldest = core.quarantine.take_filled_above(bytes_max);
}

}  // namespace

void on_allocate(HeapCore& core, void* block, bool aligned) noexcept {
  state_of(core, block)
      .store(aligned ? BlockState::live_aligned : BlockState::live, std::memory_order_relaxed);
}

bool has_default_alignment(const HeapCore& core, const void* block, const Found& found) noexcept {
  return core.hardening != Hardening::trusting && found.slab != nullptr &&
         state_of(core, block).load(std::memory_order_relaxed) == BlockState::live;
}

AllocError check_live(const HeapCore& core, const void* block, const Found& found) noexcept {
  if (found.slab == nullptr || core.hardening == Hardening::trusting) return AllocError{};
  switch (state_of(core, block).load(std::memory_order_relaxed)) {
    case BlockState::live:
    case BlockState::live_aligned:
      return AllocError{};
    case BlockState::freed:
      return AllocError::double_free;
    case BlockState::never:
      break;
  }
  return AllocError::foreign_block;
}

AllocError on_deallocate(HeapCore& core, void* block, const Found& found) noexcept {
  if (found.slab == nullptr) return AllocError{};
  // An exchange, since two threads may free the same block at the same moment: one of them is told.
  const BlockState before = state_of(core, block).exchange(BlockState::freed, std::memory_order_acq_rel);
  return before == BlockState::freed ? AllocError::double_free : AllocError{};
}

AllocError explain_unknown(const HeapCore& core, const void* block) noexcept {
  const AddressSpace& space = core.central_pool.pages().space();
  const Slab* const unit = space.descriptor_of(block);
  if (core.central_pool.huge().find_containing(core.central_pool, block).start != nullptr)
    return AllocError::foreign_block;
  if (core.central_pool.huge().was_freed(block)) return AllocError::double_free;
  if (unit == nullptr) return AllocError::foreign_block;
  const bool may_have_been = unit->kind == UnitKind::unused && core.hardening != Hardening::trusting &&
                             is_aligned(block, kBlockAlignment) && space.has_units_at(block) &&
                             space.has_states();
  if (!may_have_been) return AllocError::foreign_block;
  if (space.state_of(block).load(std::memory_order_relaxed) == BlockState::freed)
    return AllocError::double_free;
  // Its state went back to the system together with its pages.
  const bool was_ours =
      core.central_pool.pages().is_free(block) && space.was_block_of(core.central_pool, block);
  return was_ours ? AllocError::double_free : AllocError::foreign_block;
}

Result<void*> allocate(HeapCore& core, HotLists& hot, std::size_t size, std::size_t alignment) noexcept {
  bool is_zero = false;
  void* const block = block_service::allocate(core, hot, size + kCanaryBytes, alignment, &is_zero);
  if (block == nullptr) return core.central_pool.last_failure();
  const Found found = block_service::find(core, block);
  const bool is_of_slab = found.slab != nullptr && found.slab->kind == UnitKind::slab;
  if (is_of_slab && state_of(core, block).load(std::memory_order_relaxed) == BlockState::freed &&
      !fill_is_intact(block, kLinkBytes, found.bytes)) {
    report_late_write(core, block);
  }
  if (is_of_slab || !is_zero) std::memset(block, 0, size);
  const os::LockGuard guard{core.quarantine.lock()};
  canary_of(core, block, found.bytes).write(size);
  if (found.slab != nullptr) on_allocate(core, block, false);
  return block;
}

Result<std::size_t> requested_bytes(const HeapCore& core, const void* block, const Found& found) noexcept {
  return canary_of(core, block, found.bytes).read();
}

void* resize(HeapCore& core, void* block, const Found& found, std::size_t old_size,
             std::size_t size) noexcept {
  void* const same = block_service::resize(core, block, found, size + kCanaryBytes);
  if (same == nullptr) return nullptr;
  const os::LockGuard guard{core.quarantine.lock()};
  const std::size_t zeroed_end = std::min(size, found.bytes);  // of fresh pages behind, all are zero
  if (zeroed_end > old_size) std::memset(static_cast<std::byte*>(same) + old_size, 0, zeroed_end - old_size);
  canary_of(core, same, block_service::find(core, same).bytes).write(size);
  return same;
}

Wrong deallocate(HeapCore& core, void* block, const Found& found) noexcept {
  bool whole_before = true;
  if (const Wrong wrong = mark_freed(core, block, found, whole_before)) return wrong;
  if (!whole_before) report_damage({AllocError::size_mismatch, block, core.name}, kWriteBeforeStart);
  if (found.slab == nullptr) {
    const Wrong wrong = take_back(core, block, found);
    shrink_quarantine(core);
    return wrong;
  }
  sampler::forget(core, found.slab, block);  // its user has freed it, whatever we do with it
  Quarantine::Entry entry{block, static_cast<std::uint32_t>(found.bytes)};
  if (found.slab->kind == UnitKind::large)
    entry.is_fenced = has_room_for_fenced(core) && core.central_pool.fence_large(*found.slab);
  if (!entry.is_fenced) fill(block, found);
  if (const Quarantine::Entry oldest = core.quarantine.exchange(entry); oldest.block != nullptr)
    on_leave_quarantine(core, oldest);
  shrink_quarantine(core);
  return {};
}

bool on_leave_quarantine(HeapCore& core, Quarantine::Entry entry) noexcept {
  const Found found = block_service::find(core, entry.block);
  if (entry.is_fenced) {
    if (!core.central_pool.unfence_large(*found.slab)) {
      if (!core.quarantine.put_back(entry)) core.central_pool.lose_large(*found.slab);
      return false;
    }
  } else if (!fill_is_intact(entry.block, 0, filled_bytes(found.bytes))) {
    report_late_write(core, entry.block);
  }
  static_cast<void>(take_back(core, entry.block, found));
  return true;
}

void end_quarantine(HeapCore& core) noexcept {
  block_service::drain_quarantine(core);
  for (Quarantine::Entry entry; (entry = core.quarantine.take()).block != nullptr;)
    core.central_pool.lose_large(*block_service::find(core, entry.block).slab);
}

}  // namespace cenote::hardening
