#include "engine/caches/remote_buffer.hpp"

#include <utility>

namespace cenote {

RemoteBuffer::Batch RemoteBuffer::add(Slab& slab, void* block) noexcept {
  Batch& batch = slot_of(slab);
  Batch due{};
  if (batch.slab != &slab) due = std::exchange(batch, batch_for(slab));
  push(batch, block);
  if (batch.count == 1) batch.tail = batch.head;
  if (batch.room > 1) {
    --batch.room;
  } else if (due.slab ==
             nullptr) {  // one that is full at once cannot travel together with the one it displaced
    due = std::exchange(batch, Batch{});
  }
  return due;
}

RemoteBuffer::Batch RemoteBuffer::take_any() noexcept {
  for (Batch& batch : batches_) {
    if (batch.slab != nullptr) return std::exchange(batch, Batch{});
  }
  return {};
}

}  // namespace cenote
