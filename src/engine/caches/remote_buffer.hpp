/// Blocks on their way home: freed by this thread, owned by another's cache. They travel in batches, one
/// atomic operation each.
///
/// Source  Lietar et al., "snmalloc: a message passing allocator", ISMM 2019: batches of remote frees.
#pragma once

#include <array>
#include <cstddef>

#include <cenote/detail/slab.hpp>

namespace cenote {

/// Threads     one owner thread.
class RemoteBuffer {
 public:
  /// Blocks of one slab; null: no batch.
  struct Batch {
    Slab* slab = nullptr;
    FreeBlock* head = nullptr;
    FreeBlock* tail = nullptr;
    std::uint32_t count = 0;
    std::uint32_t room = 0;  // blocks until it is full

    BlockChain chain() const noexcept { return {head, tail, count}; }
  };

  /// Adds a block to the batch of its slab when that is there, and not full with it; else false, and nothing
  /// has happened. O(1): touches neither the slab nor its descriptor, which others write.
  bool join(Slab& slab, void* block) noexcept {
    Batch& batch = slot_of(slab);
    if (batch.slab != &slab || batch.room == 1) return false;
    --batch.room;
    push(batch, block);
    return true;
  }
  /// Adds a block of `slab`. Returns the batch that must travel now: this slab's when it is full, or the one
  /// whose place this slab takes. O(1).
  Batch add(Slab& slab, void* block) noexcept;

  /// Takes out any batch; null slab when there is none left. O(slots).
  Batch take_any() noexcept;

  void clear() noexcept { batches_ = {}; }

  /// Calls `visit(const Batch&)` for each batch that waits.
  template <class Visit>
  void for_each(Visit&& visit) const noexcept {
    for (const Batch& batch : batches_) {
      if (batch.slab != nullptr) visit(batch);
    }
  }

 private:
  // Messages of many sizes go to as many slabs: with 8 places instead of 64 nearly every free displaced
  // another slab's batch, and producer_consumer (bench/workload) took 1.9 times as long. A batch is at most
  // 32 blocks or 4 KiB.
  static constexpr std::size_t kSlots = 64;
  static constexpr std::uint32_t kBlocksMax = 32;
  static constexpr std::uint32_t kBytesMax = 4096;

  static Batch batch_for(Slab& slab) noexcept {
    const std::uint32_t room = (kBytesMax + slab.block_bytes - 1) / slab.block_bytes;
    return {.slab = &slab, .room = room < kBlocksMax ? room : kBlocksMax};
  }
  static void push(Batch& batch, void* block) noexcept {
    auto* const freed = static_cast<FreeBlock*>(block);
    freed->next = batch.head;
    batch.head = freed;
    ++batch.count;
  }
  Batch& slot_of(const Slab& slab) noexcept {
    return batches_[(address_of(&slab) >> kDescriptorShift) % kSlots];
  }

  std::array<Batch, kSlots> batches_{};
};

}  // namespace cenote
