// calloc, realloc and posix_memalign.

#include "case.hpp"

namespace cenote {

/// Eight zeroed blocks, so that large ones are not always the same one.
void zeroed(benchmark::State& state, const Peer& peer, std::int64_t argument) {
  const auto size = static_cast<std::size_t>(argument);
  void* blocks[8];
  for (auto _ : state) {
    for (void*& block : blocks) {
      block = peer.allocate_zeroed(1, size);
      touch(block, size);
    }
    for (void* block : blocks) peer.deallocate(block);
  }
  state.SetItemsProcessed(state.iterations() * 8);
}

/// One block that grows from 16 bytes by half its size at a time.
void grow(benchmark::State& state, const Peer& peer, std::int64_t argument) {
  const auto largest = static_cast<std::size_t>(argument);
  std::int64_t steps = 0;
  for (auto _ : state) {
    void* block = nullptr;
    for (std::size_t size = 16; size <= largest; size += size / 2) {
      block = peer.reallocate(block, size);
      touch(block, size);
      ++steps;
    }
    peer.deallocate(block);
  }
  state.SetItemsProcessed(steps);
}

void aligned(benchmark::State& state, const Peer& peer, std::int64_t argument) {
  const auto alignment = static_cast<std::size_t>(argument);
  void* blocks[8];
  for (auto _ : state) {
    for (void*& block : blocks) {
      if (peer.allocate_aligned(&block, alignment, 200) != 0) return state.SkipWithError("out of memory");
      touch(block, 200);
    }
    for (void* block : blocks) peer.deallocate(block);
  }
  state.SetItemsProcessed(state.iterations() * 8);
}

}  // namespace cenote
