/// What a PoolManager keeps in front of each block, and of each table of its own, so that everything its heap gives starts with one.
///
///     start                    start + 16
///     | size | link | (pad)    | the user's bytes, `size` of them
///     link    1: in use    2: the manager's own    else free: the next free block of the size, 0 for none
///
/// A write after the free does not reach the links, as it would where links lie in the freed bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/block.hpp>
#include <cenote/detail/size_classes.hpp>

namespace cenote {

struct alignas(kBlockAlignment) ManagedBlock {
  static constexpr std::uintptr_t kInUse = 1, kOwn = 2;

  std::size_t size = 0;
  std::uintptr_t link = kOwn;

  bool is_free() const noexcept { return link != kInUse && link != kOwn; }
  ManagedBlock* next_free() const noexcept { return reinterpret_cast<ManagedBlock*>(link); }
  void link_to(const ManagedBlock* next) noexcept { link = reinterpret_cast<std::uintptr_t>(next); }

  Block user_block() noexcept { return {reinterpret_cast<std::byte*>(this + 1), size}; }
  /// Where the header would be if `user` were a block's first byte. It need not be anything: an address, not to be followed unchecked.
  static ManagedBlock* before(const std::byte* user) noexcept {
    return reinterpret_cast<ManagedBlock*>(reinterpret_cast<std::uintptr_t>(user) - sizeof(ManagedBlock));
  }
};

static_assert(sizeof(ManagedBlock) == kBlockAlignment, "blocks stay aligned as malloc's");
static_assert(alignof(std::max_align_t) <= kBlockAlignment);

}  // namespace cenote
