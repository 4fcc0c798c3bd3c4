/// Threads that share a pool of 64 B blocks, each on a processor of its own. The argument is the number of
/// threads.
///
///     shared_pair        each allocates a block and frees it
///     shared_churn       each holds 1,024 blocks; it allocates one, then frees one of its own by chance
///     shared_batch       each allocates 1,024 blocks, then frees them, the oldest first
///     producer_consumer  one allocates and writes, the other reads and frees; a ring of 1,024 lies between them
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chance.hpp"
#include "pinned_thread.hpp"
#include "pool_under_test.hpp"
#include "registration.hpp"
#include "spsc_ring.hpp"

namespace cenote {

inline constexpr std::size_t kWorkingSet = 1024;
inline constexpr std::int64_t kSharedStep = 1024;  // blocks in one iteration

/// The pool of the run in progress, made before its threads start.
template <PoolUnderTest P>
struct SharedPool {
  // A working set for each of two threads, one on its way between them, and what a thread may keep for
  // itself.
  static constexpr std::size_t kBlocks = 4 * kWorkingSet + 1024;

  static void open(const benchmark::State&) {
    pool = std::make_unique<P>(kBlocks);
    ring = std::make_unique<Ring>();
  }
  static void close(const benchmark::State&) { pool.reset(); }

  using Ring = SpscRing<void*, kWorkingSet>;
  inline static std::unique_ptr<P> pool;
  inline static std::unique_ptr<Ring> ring;
};

template <PoolUnderTest P>
void shared_pair(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  P& pool = *SharedPool<P>::pool;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kSharedStep; ++i)
      unmake<Contents::written>(pool, make<Contents::written>(pool));
  }
  state.SetItemsProcessed(state.iterations() * kSharedStep);
}

template <PoolUnderTest P>
void shared_churn(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  P& pool = *SharedPool<P>::pool;
  std::vector<void*> blocks(kWorkingSet);
  for (void*& block : blocks) block = make<Contents::written>(pool);
  Chance chance{static_cast<std::uint64_t>(state.thread_index())};
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kSharedStep; ++i) {
      void* const fresh = make<Contents::written>(pool);
      void*& victim = blocks[chance.below(kWorkingSet)];
      unmake<Contents::written>(pool, victim);
      victim = fresh;
    }
  }
  for (void* const block : blocks) pool.deallocate(block);
  state.SetItemsProcessed(state.iterations() * kSharedStep);
}

template <PoolUnderTest P>
void shared_batch(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  P& pool = *SharedPool<P>::pool;
  std::vector<void*> blocks(kWorkingSet);
  for (auto _ : state) {
    for (void*& block : blocks) block = make<Contents::written>(pool);
    for (void* const block : blocks) unmake<Contents::written>(pool, block);
  }
  state.SetItemsProcessed(state.iterations() * kSharedStep);
}

template <PoolUnderTest P>
void producer_consumer(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  P& pool = *SharedPool<P>::pool;
  auto& ring = *SharedPool<P>::ring;
  if (state.thread_index() == 0) {
    for (auto _ : state) {
      for (std::int64_t i = 0; i < kSharedStep; ++i) ring.push(make<Contents::written>(pool));
    }
  } else {
    for (auto _ : state) {
      for (std::int64_t i = 0; i < kSharedStep; ++i) unmake<Contents::written>(pool, ring.pop());
    }
    state.SetItemsProcessed(state.iterations() * kSharedStep);
  }
}

/// Enters a pool that threads may share in all cases of this file. `passed_share`: of the usual work of
/// producer_consumer.
template <PoolUnderTest P>
void enter_two_threads(const char* peer, Effort effort, double passed_share = 1) {
  const auto enter = [&](const char* measured, auto run, int threads, double blocks) {
    benchmark::RegisterBenchmark(run_name(measured, threads, peer).c_str(), run)
        ->Iterations(effort.iterations(blocks, kSharedStep))
        ->Threads(threads)
        ->Setup(SharedPool<P>::open)
        ->Teardown(SharedPool<P>::close)
        ->UseRealTime();
  };
  for (const int threads : {1, 2}) {
    enter("shared_pair", shared_pair<P>, threads, 1 << 20);
    enter("shared_churn", shared_churn<P>, threads, 1 << 20);
    enter("shared_batch", shared_batch<P>, threads, 1 << 20);
  }
  enter("producer_consumer", producer_consumer<P>, 2, passed_share * (1 << 20));
}

}  // namespace cenote
