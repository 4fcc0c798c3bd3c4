/// What a pointer is to a slab allocator.
#include <cenote/detail/bits.hpp>
#include <cenote/detail/slab_core.hpp>
#include <cenote/detail/system.hpp>

#include "engine/pages/backing.hpp"

namespace cenote {
namespace {

AllocError explain_free(const Slab& slab, const void* block) noexcept {
  return slab.is_block_start(block) ? AllocError::double_free : AllocError::foreign_block;
}

}  // namespace

SlabCore::Found SlabCore::find(const void* block) const noexcept {
  if (!is_aligned(block, slab_classes::kGranule)) return {};
  Slab* slab = space_.used_descriptor_of(block);
  if (slab == nullptr) {
    if (passed_ != nullptr) {
      const MallocBlocks::Found passed = passed_->find(block);
      return {passed.error, nullptr, passed.bytes};
    }
    const HugeBlock huge = g_backing.huge.find(block);
    if (huge.start != nullptr && huge.holder == this) return {AllocError{}, nullptr, huge.bytes};
    return {huge.start == nullptr ? explain_unused(block) : AllocError::foreign_block};
  }
  if (slab->kind == UnitKind::interior) slab = slab->head;
  if (slab->holder != this) return {};
  switch (slab->kind) {
    case UnitKind::slab:
      if ((*space_.notes_of(block) & slab_note::live_bit(address_of(block))) == 0)
        return {explain_free(*slab, block)};
      return {AllocError{}, slab, slab->block_bytes};
    case UnitKind::large:
      return slab->start == block ? Found{AllocError{}, slab, slab->block_bytes} : Found{};
    case UnitKind::unused:
    case UnitKind::interior:
      break;
  }
  return {};
}

// Also where a mapping has the addresses of a free unit meanwhile.
AllocError SlabCore::explain_unused(const void* block) const noexcept {
  if (g_backing.huge.find_containing(*this, block).start != nullptr) return AllocError::foreign_block;
  if (g_backing.huge.was_freed(block)) return AllocError::double_free;
  const bool is_free = space_.descriptor_of(block) != nullptr && g_backing.pages.is_free(block);
  return is_free && space_.was_block_of(*this, block) ? AllocError::double_free : AllocError::foreign_block;
}

bool SlabCore::size_matches(const Found& found, const void* block, std::size_t size) const noexcept {
  if (size == 0 || size > found.bytes) return false;
  if (passed_ != nullptr) return size == found.bytes;
  if (found.slab == nullptr) return found.bytes - size <= found.bytes / 8 + os::page_bytes();
  if (found.slab->kind == UnitKind::large) return found.slab->used() == size;
  const SlabBin& bin = bins_[found.slab->size_class.index];
  return *space_.notes_of(block) >> slab_note::kSlackShift == bin.slack_of(size);
}

void SlabCore::note_request_of_all(const Found& found, const void* block) noexcept {
  if (found.slab == nullptr) return;
  if (found.slab->kind == UnitKind::large) return found.slab->set_used(found.slab->block_bytes);
  std::uint8_t& note = *space_.notes_of(block);
  note = static_cast<std::uint8_t>(note & ((1U << slab_note::kSlackShift) - 1));
}

bool SlabCore::owns(const void* address) const noexcept {
  if (passed_ != nullptr) return passed_->owns(address);
  const Slab* slab = space_.descriptor_of(address);
  if (slab != nullptr && slab->kind == UnitKind::interior) slab = slab->head;
  if (slab != nullptr && slab->kind == UnitKind::slab) return slab->holder == this;
  bool inside = g_backing.huge.find_containing(*this, address).start != nullptr;
  if (slab == nullptr) return inside;
  for_each_held([&](const Slab& held) {
    inside = inside || (held.kind == UnitKind::large &&
                        address_of(address) - address_of(held.start) < held.block_bytes);
  });
  return inside;
}

}  // namespace cenote
