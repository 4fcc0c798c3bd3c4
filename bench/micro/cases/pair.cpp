// One block at a time: allocated, written, freed. The least that an allocator can be asked; the block stays
// in cache.

#include "case.hpp"

namespace cenote {

void pair(benchmark::State& state, const Peer& peer, std::int64_t argument) {
  const auto size = static_cast<std::size_t>(argument);
  for (auto _ : state) {
    void* block = peer.allocate(size);
    touch(block, size);
    peer.deallocate(block);
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace cenote
