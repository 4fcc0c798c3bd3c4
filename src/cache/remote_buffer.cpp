#include <utility>

#include <cenote/cache/remote_buffer.hpp>

namespace cenote {
namespace {

void push(BlockChain& chain, void* block) noexcept {
  auto* freed = static_cast<FreeBlock*>(block);
  freed->next = chain.head;
  chain.head = freed;
  if (chain.tail == nullptr) chain.tail = freed;
  ++chain.count;
}

}  // namespace

RemoteBuffer::Batch RemoteBuffer::add(Slab& slab, void* block) noexcept {
  Batch& batch = slot_of(slab);
  Batch due{};
  if (batch.slab != &slab) due = std::exchange(batch, Batch{&slab, {}});
  push(batch.chain, block);
  // A batch of one that is full at once cannot travel together with the one it displaced: it waits for the next call.
  if (due.slab == nullptr && full(batch)) due = std::exchange(batch, Batch{});
  return due;
}

RemoteBuffer::Batch RemoteBuffer::take_any() noexcept {
  for (Batch& batch : batches_) {
    if (batch.slab != nullptr) return std::exchange(batch, Batch{});
  }
  return {};
}

}  // namespace cenote
