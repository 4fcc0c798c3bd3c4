#include "heap/hardening.hpp"

#include <algorithm>
#include <cstring>

#include <cenote/base/misuse.hpp>
#include <cenote/pool/address_space.hpp>

namespace cenote::hardening {
namespace {

constexpr unsigned char kFill = 0xdf;  // as a pointer it is not canonical: a use after free faults

// The first word links free blocks once they have left the quarantine; what lies behind it stays filled.
constexpr std::size_t kLinkBytes = sizeof(FreeBlock);

std::size_t filled_bytes(std::size_t block_bytes) noexcept { return std::min(block_bytes, kSlabBlockMax); }

bool fill_is_intact(const void* block, std::size_t first, std::size_t bytes) noexcept {
  const auto* const at = static_cast<const unsigned char*>(block) + first;
  return at[0] == kFill && std::memcmp(at, at + 1, bytes - first - 1) == 0;
}

void report_late_write(const HeapCore& core, const void* block) noexcept {
  report_misuse({AllocError::double_free, block, core.name});
}

std::atomic<BlockState>& state_of(const HeapCore& core, const void* block) noexcept {
  return core.depot.pages().space().state_of(block);
}

}  // namespace

void on_allocate(HeapCore& core, void* block, std::size_t bytes, bool aligned) noexcept {
  std::atomic<BlockState>& state = state_of(core, block);
  if (core.hardening == Hardening::full && state.load(std::memory_order_relaxed) == BlockState::freed) {
    const std::size_t filled = filled_bytes(std::max(bytes, kBlockAlignment));
    if (!fill_is_intact(block, kLinkBytes, filled)) report_late_write(core, block);
  }
  state.store(aligned ? BlockState::live_aligned : BlockState::live, std::memory_order_relaxed);
}

bool has_default_alignment(const HeapCore& core, const void* block,
                           const block_service::Found& found) noexcept {
  return core.hardening != Hardening::trusting && found.slab != nullptr &&
         state_of(core, block).load(std::memory_order_relaxed) == BlockState::live;
}

AllocError check_live(const HeapCore& core, const void* block, const block_service::Found& found) noexcept {
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

AllocError on_deallocate(HeapCore& core, void* block, const block_service::Found& found) noexcept {
  if (found.slab == nullptr) return AllocError{};
  // An exchange, since two threads may free the same block at the same moment: one of them is told.
  if (state_of(core, block).exchange(BlockState::freed, std::memory_order_acq_rel) == BlockState::freed) {
    return AllocError::double_free;
  }
  if (core.hardening == Hardening::full) std::memset(block, kFill, filled_bytes(found.bytes));
  return AllocError{};
}

void on_leave_quarantine(const HeapCore& core, const void* block, const block_service::Found& found) noexcept {
  if (!fill_is_intact(block, 0, filled_bytes(found.bytes))) report_late_write(core, block);
}

AllocError explain_unknown(const HeapCore& core, const void* block) noexcept {
  const AddressSpace& space = core.depot.pages().space();
  const Slab* const unit = space.descriptor_of(block);
  if (unit == nullptr)
    return core.depot.huge().was_freed(block) ? AllocError::double_free : AllocError::foreign_block;
  const bool was_ours = unit->kind == UnitKind::unused && core.hardening != Hardening::trusting &&
                        is_aligned(block, kBlockAlignment) && space.has_units_at(block) &&
                        space.state_of(block).load(std::memory_order_relaxed) == BlockState::freed;
  return was_ours ? AllocError::double_free : AllocError::foreign_block;
}

}  // namespace cenote::hardening
