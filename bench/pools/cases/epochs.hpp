/// Reading without a lock, and giving back what was read. The argument of epoch_guard is the number of
/// threads, each on a processor of its own; one of epoch_retire replaces nodes of 64 B, the others read.
///
///     epoch_guard    a reader enters, reads one pointer, and leaves
///     epoch_retire   a node is allocated, put in the place of another, and the other one retired and given back in the end
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <cenote/fixed_pool.hpp>

#include "pinned_thread.hpp"
#include "registration.hpp"

namespace cenote {

struct EpochNode {
  std::uint64_t value = 0;
  std::uint64_t rest[7] = {};
};
using EpochNodes = FixedPool<EpochNode, ThreadCached>;

inline constexpr std::int64_t kEpochStep = 4096;  // guards, or nodes, in one iteration

/// What a reclaimer protects. A Reclaimer has `Guard` (made of it), and `replace(nodes, place, fresh)`.
template <class Reclaimer>
struct EpochScene {
  Reclaimer reclaimer;
  EpochNodes nodes{{.capacity = 1 << 17}};
  std::atomic<EpochNode*> place{nodes.allocate()};

  inline static std::unique_ptr<EpochScene> current{};
  static void open(const benchmark::State&) { current = std::make_unique<EpochScene>(); }
  static void close(const benchmark::State&) {
    current->reclaimer.finish();
    current.reset();
  }
};

template <class Reclaimer>
void epoch_guard(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  auto& scene = *EpochScene<Reclaimer>::current;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kEpochStep; ++i) {
      const typename Reclaimer::Guard guard{scene.reclaimer};
      benchmark::DoNotOptimize(scene.place.load(std::memory_order_acquire)->value);
    }
  }
  state.SetItemsProcessed(state.iterations() * kEpochStep);
}

template <class Reclaimer>
void epoch_retire(benchmark::State& state) {
  const PinnedThread pinned{state.thread_index()};
  auto& scene = *EpochScene<Reclaimer>::current;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kEpochStep; ++i) scene.reclaimer.replace(scene.nodes, scene.place);
  }
  state.SetItemsProcessed(state.iterations() * kEpochStep);
}

template <class Reclaimer>
void enter_epochs(Effort effort, const char* name) {
  using Scene = EpochScene<Reclaimer>;
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark(run_name("epoch_guard", threads, name).c_str(), epoch_guard<Reclaimer>)
        ->Setup(Scene::open)
        ->Teardown(Scene::close)
        ->Threads(threads)
        ->UseRealTime()
        ->Iterations(effort.iterations(4e6, kEpochStep));
  }
  benchmark::RegisterBenchmark(run_name("epoch_retire", 1, name).c_str(), epoch_retire<Reclaimer>)
      ->Setup(Scene::open)
      ->Teardown(Scene::close)
      ->UseRealTime()
      ->Iterations(effort.iterations(2e6, kEpochStep));
}

}  // namespace cenote
