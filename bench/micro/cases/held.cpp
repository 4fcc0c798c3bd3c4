// A set of live blocks, of which one after the other is freed and allocated anew: the oldest, or one by
// chance.

#include <algorithm>
#include <random>

#include "case.hpp"

namespace cenote {
namespace {

constexpr std::size_t kBlock = 64;

/// Replaces blocks[victims[i]] by one of sizes[i], round and round.
void replace(benchmark::State& state, const Peer& peer, const std::vector<std::uint32_t>& victims,
             const std::vector<std::uint32_t>& sizes) {
  std::vector<void*> blocks(victims.size());
  for (void*& block : blocks) block = peer.allocate(kBlock);
  std::size_t i = 0;
  for (auto _ : state) {
    void*& block = blocks[victims[i]];
    peer.deallocate(block);
    block = peer.allocate(sizes[i]);
    touch(block, sizes[i]);
    if (++i == victims.size()) i = 0;
  }
  for (void* block : blocks) peer.deallocate(block);
  state.SetItemsProcessed(state.iterations());
}

std::vector<std::uint32_t> in_order(std::int64_t count) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(count));
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  return order;
}

std::vector<std::uint32_t> shuffled(std::int64_t count) {
  std::vector<std::uint32_t> order = in_order(count);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  return order;
}

/// Sizes of 8 B to 8 KiB, half of them below 64 B.
std::vector<std::uint32_t> mixed_sizes(std::int64_t count) {
  std::mt19937 random(2);
  std::vector<std::uint32_t> sizes(static_cast<std::size_t>(count));
  for (std::uint32_t& size : sizes) {
    std::uint32_t largest = 64;
    while (largest < 8192 && random() % 2 == 0) largest *= 2;
    size = 8 + static_cast<std::uint32_t>(random() % (largest - 7));
  }
  return sizes;
}

std::vector<std::uint32_t> same_size(std::int64_t count) {
  return std::vector<std::uint32_t>(static_cast<std::size_t>(count), kBlock);
}

}  // namespace

void held_fifo(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  replace(state, peer, in_order(blocks), same_size(blocks));
}

void held_random(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  replace(state, peer, shuffled(blocks), same_size(blocks));
}

void held_mixed(benchmark::State& state, const Peer& peer, std::int64_t blocks) {
  replace(state, peer, shuffled(blocks), mixed_sizes(blocks));
}

}  // namespace cenote
