/// One thread and a pool of 64 B blocks.
///
///     lifo, fifo, random   N blocks are allocated, then freed: the newest first, the oldest first, in a random order
///     churn                N are live; one is allocated, then one by chance freed
///     bursts               N are live; up to 32 more are allocated, some of them freed, the newest first
///     ..._objects          the same, each block written after allocation and read before it is freed
///     pair, many           one is allocated and freed; a hundred, in one call where the pool can
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chance.hpp"
#include "pool_under_test.hpp"
#include "registration.hpp"

namespace cenote {

inline constexpr std::int64_t kLive[] = {1 << 10, 1 << 16, 1 << 20};
inline constexpr std::size_t kBurst = 32;
inline constexpr std::size_t kSpare = 2 * kBurst;

/// A pool where programs have theirs, in an object of some other function: a list's head on the stack would
/// be renamed to a register by recent processors.
template <PoolUnderTest P>
std::unique_ptr<P> make_pool(std::size_t blocks) {
  auto pool = std::make_unique<P>(blocks);
  benchmark::DoNotOptimize(pool.get());
  return pool;
}

/// Touches every page that the pool will use, so that no page fault is measured.
template <PoolUnderTest P>
void fill_and_empty(P& pool, std::vector<void*>& blocks, const Order& order) {
  for (void*& block : blocks) block = make<Contents::written>(pool);
  for (const std::uint32_t i : order) unmake<Contents::written>(pool, blocks[i]);
}

template <Contents kContents, PoolUnderTest P>
void batch(benchmark::State& state, const Order& order) {
  const std::unique_ptr<P> owner = make_pool<P>(order.size() + kSpare);
  P& pool = *owner;
  std::vector<void*> blocks(order.size());
  fill_and_empty(pool, blocks, order);
  for (auto _ : state) {
    for (void*& block : blocks) block = make<kContents>(pool);
    for (const std::uint32_t i : order) unmake<kContents>(pool, blocks[i]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(order.size()));
}

template <Contents kContents, PoolUnderTest P>
void lifo(benchmark::State& state, std::size_t live) {
  batch<kContents, P>(state, newest_first(live));
}
template <Contents kContents, PoolUnderTest P>
void fifo(benchmark::State& state, std::size_t live) {
  batch<kContents, P>(state, oldest_first(live));
}
template <Contents kContents, PoolUnderTest P>
void random(benchmark::State& state, std::size_t live) {
  batch<kContents, P>(state, shuffled(live));
}

inline constexpr std::int64_t kStep = 1024;  // blocks in one iteration of the cases below

template <Contents kContents, PoolUnderTest P>
void churn(benchmark::State& state, std::size_t live) {
  const std::unique_ptr<P> owner = make_pool<P>(live + kSpare);
  P& pool = *owner;
  std::vector<void*> blocks(live);
  fill_and_empty(pool, blocks, shuffled(live));
  for (void*& block : blocks) block = make<Contents::written>(pool);
  Chance chance{1};
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kStep; ++i) {
      void* const fresh = make<kContents>(pool);
      void*& victim = blocks[chance.below(live)];
      unmake<kContents>(pool, victim);
      victim = fresh;
    }
  }
  for (void* const block : blocks) pool.deallocate(block);
  state.SetItemsProcessed(state.iterations() * kStep);
}

/// How far the level goes up, then down, then up, ...: kStep blocks in all, and at the end it is where it
/// was.
inline std::vector<std::uint8_t> burst_heights() {
  std::vector<std::uint8_t> heights;
  Chance chance{1};
  std::size_t blocks = 0, level = 0;
  while (blocks < kStep) {
    const std::size_t up = std::min(1 + chance.below(kBurst), static_cast<std::size_t>(kStep) - blocks);
    const std::size_t most = level + up,
                      down = blocks + up < kStep && most <= kBurst ? 1 + chance.below(most) : most;
    heights.push_back(static_cast<std::uint8_t>(up));
    heights.push_back(static_cast<std::uint8_t>(down));
    blocks += up;
    level = most - down;
  }
  return heights;
}

template <Contents kContents, PoolUnderTest P>
void bursts(benchmark::State& state, std::size_t live) {
  const std::unique_ptr<P> owner = make_pool<P>(live + kSpare);
  P& pool = *owner;
  std::vector<void*> blocks(live);
  fill_and_empty(pool, blocks, shuffled(live));
  for (void*& block : blocks) block = make<Contents::written>(pool);
  const std::vector<std::uint8_t> heights = burst_heights();
  std::array<void*, kSpare> extra{};
  for (auto _ : state) {
    std::size_t level = 0;
    for (std::size_t i = 0; i < heights.size(); i += 2) {
      for (unsigned up = heights[i]; up != 0; --up) extra[level++] = make<kContents>(pool);
      for (unsigned down = heights[i + 1]; down != 0; --down) unmake<kContents>(pool, extra[--level]);
    }
  }
  for (void* const block : blocks) pool.deallocate(block);
  state.SetItemsProcessed(state.iterations() * kStep);
}

template <PoolUnderTest P>
void pair(benchmark::State& state) {
  const std::unique_ptr<P> owner = make_pool<P>(1024);
  P& pool = *owner;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kStep; ++i)
      unmake<Contents::untouched>(pool, make<Contents::untouched>(pool));
  }
  state.SetItemsProcessed(state.iterations() * kStep);
}

inline constexpr std::size_t kMany = 100;

template <PoolUnderTest P>
void many(benchmark::State& state) {
  const std::unique_ptr<P> owner = make_pool<P>(1024);
  P& pool = *owner;
  std::array<void*, kMany> blocks{};
  for (auto _ : state) {
    if constexpr (TakesMany<P>) {
      pool.allocate_many(blocks);
      benchmark::ClobberMemory();
      pool.deallocate_many(blocks);
      benchmark::ClobberMemory();
    } else {
      for (void*& block : blocks) block = make<Contents::untouched>(pool);
      for (void* const block : blocks) unmake<Contents::untouched>(pool, block);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMany));
}

/// Enters a pool in the cases whose blocks are untouched, or in those whose blocks are written.
template <Contents kContents, PoolUnderTest P>
void enter_patterns(const char* peer, Effort effort) {
  const std::string suffix = kContents == Contents::written ? "_objects" : "";
  const auto enter = [&](const char* measured, void (*run)(benchmark::State&, std::size_t), bool is_batch) {
    for (const std::int64_t live : kLive) {
      if (run == bursts<kContents, P> && live == kLive[2]) continue;  // the same blocks as with fewer
      benchmark::RegisterBenchmark(
          run_name((measured + suffix).c_str(), live, peer).c_str(),
          [=](benchmark::State& state) { run(state, static_cast<std::size_t>(live)); })
          ->Iterations(effort.iterations(live == kLive[2] ? 1 << 20 : 3 << 19,
                                         static_cast<double>(is_batch ? live : kStep)));
    }
  };
  enter("lifo", lifo<kContents, P>, true);
  enter("fifo", fifo<kContents, P>, true);
  enter("random", random<kContents, P>, true);
  enter("churn", churn<kContents, P>, false);
  enter("bursts", bursts<kContents, P>, false);
}

/// Enters a pool in all cases of this file.
template <PoolUnderTest P>
void enter_one_thread(const char* peer, Effort effort) {
  enter_patterns<Contents::untouched, P>(peer, effort);
  enter_patterns<Contents::written, P>(peer, effort);
  benchmark::RegisterBenchmark(run_name("pair", 1, peer).c_str(), pair<P>)
      ->Iterations(effort.iterations(2 << 20, kStep));
  benchmark::RegisterBenchmark(run_name("many", kMany, peer).c_str(), many<P>)
      ->Iterations(effort.iterations(2 << 20, kMany));
}

}  // namespace cenote
