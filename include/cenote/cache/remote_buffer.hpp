/// Blocks on their way home: freed by this thread, owned by another's cache. They travel in batches, one atomic operation each.
///
/// Source  Lietar et al., "snmalloc: a message passing allocator", ISMM 2019: batches of remote frees.
#pragma once

#include <array>
#include <cstddef>

#include <cenote/pool/slab.hpp>

namespace cenote {

/// Threads     one owner thread.
class RemoteBuffer {
 public:
  /// A batch that is due: all blocks belong to `slab`. Null slab: nothing is due.
  struct Batch {
    Slab* slab = nullptr;
    BlockChain chain{};
  };

  /// Adds a block of `slab`. Returns the batch that must travel now: this slab's when it is full, or the one whose place this
  /// slab takes. O(1).
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
  // Messages of many sizes go to as many slabs: with 8 places instead of 64 nearly every free displaced another slab's batch, and
  // producer_consumer (bench/workload) took 1.9 times as long. A batch is at most 32 blocks or 4 KiB.
  static constexpr std::size_t kSlots = 64;
  static constexpr std::uint32_t kBlocksMax = 32;
  static constexpr std::uint32_t kBytesMax = 4096;

  static bool full(const Batch& batch) noexcept {
    return batch.chain.count >= kBlocksMax || batch.chain.count * batch.slab->block_bytes >= kBytesMax;
  }
  Batch& slot_of(const Slab& slab) noexcept {
    return batches_[(address_of(&slab) >> kDescriptorShift) % kSlots];
  }

  std::array<Batch, kSlots> batches_{};
};

}  // namespace cenote
