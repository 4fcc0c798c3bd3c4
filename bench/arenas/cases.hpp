/// What is measured, for any arena that can do it.
#pragma once

#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>

#include "arena_under_test.hpp"
#include "chance.hpp"
#include "pinned_thread.hpp"
#include "registration.hpp"

namespace cenote {
namespace arena_cases {

inline constexpr std::size_t kBlocks = 1000;  // between two resets
inline constexpr double kWork = 2e7;          // blocks in a run

/// An arena that others know of, as in a program: it lies in memory, and no peer's cursor in a register
/// throughout.
template <ArenaUnderTest A>
struct KnownArena : A {
  KnownArena() {
    A* known = this;
    benchmark::DoNotOptimize(known);
  }
};

/// Blocks of one size, then a reset.
template <ArenaUnderTest A>
void bump(benchmark::State& state, std::size_t size) {
  KnownArena<A> arena;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBlocks; ++i) benchmark::DoNotOptimize(arena.allocate(size));
    arena.reset();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlocks));
}

/// Blocks of 8 to 256 bytes in no order, then a reset.
template <ArenaUnderTest A>
void mixed(benchmark::State& state) {
  std::array<std::uint16_t, kBlocks> sizes{};
  Chance chance{1};
  for (std::uint16_t& size : sizes) size = static_cast<std::uint16_t>(8 + chance.below(249));
  KnownArena<A> arena;
  for (auto _ : state) {
    for (const std::uint16_t size : sizes) benchmark::DoNotOptimize(arena.allocate(size));
    arena.reset();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlocks));
}

/// Blocks of 64 bytes, each written, then a reset: what a request does.
template <ArenaUnderTest A>
void written(benchmark::State& state) {
  KnownArena<A> arena;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBlocks; ++i) {
      auto* const words = static_cast<std::uint64_t*>(arena.allocate(64));
      words[0] = words[7] = i;
      benchmark::DoNotOptimize(words);
    }
    arena.reset();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlocks));
}

/// Objects with destructors, destroyed at the reset.
template <OwnsObjects A>
void objects(benchmark::State& state, std::size_t count) {
  KnownArena<A> arena;
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(arena.make(i));
    arena.reset();
  }
  benchmark::DoNotOptimize(Destroyed::sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

/// A few blocks, then back to before them.
template <GoesBack A>
void scratch(benchmark::State& state, std::size_t count) {
  KnownArena<A> arena;
  benchmark::DoNotOptimize(arena.allocate(64));
  for (auto _ : state) {
    const auto before = arena.here();
    for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(arena.allocate(64));
    arena.go_back(before);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

/// Threads that fill one arena side by side; the last one that is through resets it.
template <ArenaUnderTest A>
class Shared {
 public:
  static constexpr std::size_t kBlocksEach = 20'000;

  static void run(benchmark::State& state) {
    const PinnedThread pinned{state.thread_index()};
    if (state.thread_index() == 0) {
      barrier.reset();
      arena = std::make_unique<A>();
      barrier.emplace(state.threads(), &reset);
    }
    for (auto _ : state) {
      for (std::size_t i = 0; i < kBlocksEach; ++i) benchmark::DoNotOptimize(arena->allocate(32));
      barrier->arrive_and_wait();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlocksEach));
  }

 private:
  static void reset() noexcept { arena->reset(); }

  static inline std::unique_ptr<A> arena;
  static inline std::optional<std::barrier<void (*)() noexcept>> barrier;
};

template <class F>
void enter(const char* name, std::size_t argument, const char* peer, Effort effort, double blocks, F body) {
  benchmark::RegisterBenchmark(run_name(name, static_cast<std::int64_t>(argument), peer).c_str(), body)
      ->Iterations(effort.iterations(kWork, blocks));
}

}  // namespace arena_cases

template <ArenaUnderTest A>
void enter_one_thread(const char* peer, Effort effort) {
  using namespace arena_cases;
  for (const std::size_t size : {8U, 64U, 256U})
    enter("bump", size, peer, effort, kBlocks, [size](benchmark::State& state) { bump<A>(state, size); });
  enter("mixed", kBlocks, peer, effort, kBlocks, mixed<A>);
  enter("written", kBlocks, peer, effort, kBlocks, written<A>);
  if constexpr (OwnsObjects<A>) {
    for (const std::size_t count : {10U, 1000U})
      enter("objects", count, peer, effort, static_cast<double>(count),
            [count](benchmark::State& state) { objects<A>(state, count); });
  }
  if constexpr (GoesBack<A>) {
    enter("scratch", 10, peer, effort, 10, [](benchmark::State& state) { scratch<A>(state, 10); });
  }
}

/// Threads share the arena.
template <ArenaUnderTest A>
void enter_threads(const char* peer, Effort effort) {
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark(run_name("shared", threads, peer).c_str(), arena_cases::Shared<A>::run)
        ->Iterations(effort.iterations(arena_cases::kWork / 2, arena_cases::Shared<A>::kBlocksEach))
        ->Threads(threads)
        ->UseRealTime();
  }
}

}  // namespace cenote
