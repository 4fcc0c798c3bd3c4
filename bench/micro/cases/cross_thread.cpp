// One thread allocates, the other frees; a ring of 4,096 slots lies between them.

#include <array>
#include <atomic>
#include <thread>

#include "case.hpp"

namespace cenote {
namespace {

/// A slot holds a block on its way, or null. The producer fills empty slots, the consumer empties full ones.
std::array<std::atomic<void*>, 4096> ring;

void produce(benchmark::State& state, const Peer& peer, std::size_t size) {
  std::size_t i = 0;
  for (auto _ : state) {
    void* block = peer.allocate(size);
    touch(block, size);
    auto& slot = ring[i++ % ring.size()];
    while (slot.load(std::memory_order_acquire) != nullptr) std::this_thread::yield();
    slot.store(block, std::memory_order_release);
  }
}

void consume(benchmark::State& state, const Peer& peer) {
  std::size_t i = 0;
  for (auto _ : state) {
    auto& slot = ring[i++ % ring.size()];
    void* block = nullptr;
    while ((block = slot.load(std::memory_order_acquire)) == nullptr) std::this_thread::yield();
    slot.store(nullptr, std::memory_order_release);
    peer.deallocate(block);
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void cross_thread(benchmark::State& state, const Peer& peer, std::int64_t size) {
  if (state.thread_index() == 0) {
    produce(state, peer, static_cast<std::size_t>(size));
  } else {
    consume(state, peer);
  }
}

}  // namespace cenote
