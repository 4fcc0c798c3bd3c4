// Many 64 B blocks are allocated, then all are freed: the newest first, the oldest first, or in random order.

#include <algorithm>
#include <random>

#include "case.hpp"

namespace cenote {
namespace {

constexpr std::size_t kBlock = 64;

void fill_and_free(benchmark::State& state, const Peer& peer, const std::vector<std::uint32_t>& free_order) {
  std::vector<void*> blocks(free_order.size());
  for (auto _ : state) {
    for (void*& block : blocks) {
      block = peer.allocate(kBlock);
      touch(block, kBlock);
    }
    for (const std::uint32_t i : free_order) peer.deallocate(blocks[i]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(blocks.size()));
}

std::vector<std::uint32_t> oldest_first(std::int64_t count) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(count));
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  return order;
}

}  // namespace

void batch_fifo(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  fill_and_free(state, peer, oldest_first(blocks));
}

void batch_lifo(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  std::vector<std::uint32_t> order = oldest_first(blocks);
  std::reverse(order.begin(), order.end());
  fill_and_free(state, peer, order);
}

void batch_random(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  std::vector<std::uint32_t> order = oldest_first(blocks);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  fill_and_free(state, peer, order);
}

}  // namespace cenote
