/// One thread, pages and more: 4 KiB to 256 KiB, powers of two, out of 256 MiB.
///
///     buddy_pair    one block of so many bytes is allocated and freed
///     buddy_load    so many percent of the memory are live; a block by chance is freed, then others allocated until it is as full again
///
/// Blocks are not touched: what is measured is the allocator, not the page faults of its blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chance.hpp"
#include "registration.hpp"
#include "sized_pool_under_test.hpp"

namespace cenote {

inline constexpr std::size_t kBuddyBytes = std::size_t{256} << 20;
inline constexpr std::size_t kBuddyPage = 4096;
inline constexpr std::size_t kBuddyOrders = 7;  // 4 KiB to 256 KiB

/// One of kBuddyOrders powers of two, the lower ones more often.
inline std::size_t buddy_size(Chance& chance) noexcept {
  return kBuddyPage << chance.below(1 + chance.below(kBuddyOrders));
}

inline constexpr std::size_t kBuddyStep = 1024;  // blocks in one iteration

template <SizedPoolUnderTest P>
void buddy_pair(benchmark::State& state, std::size_t bytes) {
  const auto pool = std::make_unique<P>();
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBuddyStep; ++i) {
      void* block = pool->allocate(bytes);
      benchmark::DoNotOptimize(block);
      pool->deallocate(block, bytes);
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBuddyStep));
}

/// A set of live blocks that is kept at a level. A refused block is left out: the peers' memory is as
/// fragmented as they make it.
template <SizedPoolUnderTest P>
class BuddyLoad {
 public:
  BuddyLoad(P& pool, std::size_t percent) : pool_{pool}, level_{kBuddyBytes / 100 * percent} { fill(); }
  ~BuddyLoad() {
    for (const SizedBlock& block : blocks_) pool_.deallocate(block.start, block.size);
  }
  BuddyLoad(const BuddyLoad&) = delete;
  BuddyLoad& operator=(const BuddyLoad&) = delete;

  /// Frees one block and fills up again; returns how many blocks were allocated.
  std::size_t step() {
    SizedBlock& victim = blocks_[chance_.below(blocks_.size())];
    pool_.deallocate(victim.start, victim.size);
    live_ -= victim.size;
    victim = blocks_.back();
    blocks_.pop_back();
    return fill();
  }
  std::uint64_t refused() const noexcept { return refused_; }

 private:
  std::size_t fill() {
    std::size_t allocated = 0;
    while (live_ < level_) {
      const std::size_t size = buddy_size(chance_);
      void* block = pool_.allocate(size);
      benchmark::DoNotOptimize(block);
      if (block == nullptr) return ++refused_, allocated;
      blocks_.push_back({block, size});
      live_ += size;
      ++allocated;
    }
    return allocated;
  }

  P& pool_;
  std::size_t level_, live_ = 0;
  std::uint64_t refused_ = 0;
  Chance chance_{3};
  std::vector<SizedBlock> blocks_;
};

template <SizedPoolUnderTest P>
void buddy_load(benchmark::State& state, std::size_t percent) {
  const auto pool = std::make_unique<P>();
  BuddyLoad<P> load{*pool, percent};
  std::size_t allocated = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBuddyStep; ++i) allocated += load.step();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(allocated));
}

/// Enters an allocator in all cases of this file.
template <SizedPoolUnderTest P>
void enter_buddy(const char* peer, Effort effort) {
  for (const std::size_t bytes : {kBuddyPage, 16 * kBuddyPage}) {
    benchmark::RegisterBenchmark(run_name("buddy_pair", static_cast<std::int64_t>(bytes), peer).c_str(),
                                 [=](benchmark::State& state) { buddy_pair<P>(state, bytes); })
        ->Iterations(effort.iterations(1 << 20, kBuddyStep));
  }
  for (const std::size_t percent : {50, 80}) {
    benchmark::RegisterBenchmark(run_name("buddy_load", static_cast<std::int64_t>(percent), peer).c_str(),
                                 [=](benchmark::State& state) { buddy_load<P>(state, percent); })
        ->Iterations(effort.iterations(1 << 18, kBuddyStep));
  }
}

}  // namespace cenote
