/// One thread, blocks of mixed sizes: 8 to 1,024 B, small ones more often, as programs have them.
///
///     mixed_lifo, mixed_random   N blocks are allocated, then freed: the newest first, in a random order
///     mixed_churn                N are live; one by chance is freed, one of another size allocated in its place
///
/// Each block is written at its start after allocation and read before it is freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chance.hpp"
#include "registration.hpp"
#include "sized_pool_under_test.hpp"

namespace cenote {

/// `count` sizes: a doubling from 8 to 1,024 by chance, the lower ones more often, then anywhere within it.
inline std::vector<std::uint32_t> mixed_sizes(std::size_t count) {
  constexpr std::size_t kDoublings = 7;
  std::vector<std::uint32_t> sizes(count);
  Chance chance{7};
  for (std::uint32_t& size : sizes) {
    const std::size_t low = std::size_t{8} << chance.below(1 + chance.below(kDoublings));
    size = static_cast<std::uint32_t>(low + chance.below(low));
  }
  return sizes;
}

template <SizedPoolUnderTest P>
void mixed_batch(benchmark::State& state, const Order& order) {
  const auto pool = std::make_unique<P>();
  benchmark::DoNotOptimize(pool.get());
  const std::vector<std::uint32_t> sizes = mixed_sizes(order.size());
  std::vector<SizedBlock> blocks(order.size());
  const auto round = [&] {
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = make_sized(*pool, sizes[i]);
    for (const std::uint32_t i : order) unmake_sized(*pool, blocks[i]);
  };
  round();
  for (auto _ : state) round();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(order.size()));
}

inline constexpr std::size_t kMixedStep = 1024;  // blocks in one iteration of the churn

template <SizedPoolUnderTest P>
void mixed_churn(benchmark::State& state, std::size_t live) {
  const auto pool = std::make_unique<P>();
  benchmark::DoNotOptimize(pool.get());
  const std::vector<std::uint32_t> sizes = mixed_sizes(live + kMixedStep);
  std::vector<SizedBlock> blocks(live);
  for (std::size_t i = 0; i < live; ++i) blocks[i] = make_sized(*pool, sizes[i]);
  Chance chance{1};
  for (auto _ : state) {
    for (std::size_t i = 0; i < kMixedStep; ++i) {
      SizedBlock& victim = blocks[chance.below(live)];
      unmake_sized(*pool, victim);
      victim = make_sized(*pool, sizes[live + i]);
    }
  }
  for (const SizedBlock& block : blocks) unmake_sized(*pool, block);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMixedStep));
}

/// Enters a pool in all cases of this file.
template <SizedPoolUnderTest P>
void enter_mixed_sizes(const char* peer, Effort effort) {
  const auto enter = [&](const char* measured, std::size_t live, std::size_t step, auto run) {
    benchmark::RegisterBenchmark(run_name(measured, static_cast<std::int64_t>(live), peer).c_str(), run)
        ->Iterations(effort.iterations(1 << 20, static_cast<double>(step)));
  };
  for (const std::size_t live : {std::size_t{1} << 10, std::size_t{1} << 16}) {
    enter("mixed_lifo", live, live,
          [=](benchmark::State& state) { mixed_batch<P>(state, newest_first(live)); });
    enter("mixed_random", live, live,
          [=](benchmark::State& state) { mixed_batch<P>(state, shuffled(live)); });
    enter("mixed_churn", live, kMixedStep, [=](benchmark::State& state) { mixed_churn<P>(state, live); });
  }
}

}  // namespace cenote
