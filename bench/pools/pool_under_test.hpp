/// What the cases ask of a pool, and how they use its blocks.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <benchmark/benchmark.h>

namespace cenote {

/// What the pools hold: one cache line.
struct Block64 {
  std::uint64_t words[8];
};
inline constexpr std::size_t kBlock = sizeof(Block64);

// Version 14 tears compound requirements apart.
// clang-format off

/// Made for as many blocks as will ever be live at once. Whether it may be shared by threads: see the peer's
/// registration.
template <class P>
concept PoolUnderTest = std::constructible_from<P, std::size_t> && requires(P& pool, void* block) {
  { pool.allocate() } -> std::same_as<void*>;
  pool.deallocate(block);
};

/// Takes and gives back many in one call.
template <class P>
concept TakesMany = requires(P& pool, std::span<void*> blocks) {
  pool.allocate_many(blocks);
  pool.deallocate_many(blocks);
};
// clang-format on

/// What a user does with a block: nothing, or as little as a constructor and a destructor do.
enum class Contents { untouched, written };

/// A block, with its line written when the contents matter. The compiler forgets what it knew of memory, as
/// it does behind a call.
template <Contents kContents, PoolUnderTest P>
void* make(P& pool) {
  void* block = pool.allocate();
  if constexpr (kContents == Contents::written) {
    static_cast<Block64*>(block)->words[0] = 1;
    static_cast<Block64*>(block)->words[7] = 2;
  }
  benchmark::DoNotOptimize(block);
  return block;
}

template <Contents kContents, PoolUnderTest P>
void unmake(P& pool, void* block) {
  if constexpr (kContents == Contents::written) {
    std::uint64_t read = static_cast<Block64*>(block)->words[0] + static_cast<Block64*>(block)->words[7];
    benchmark::DoNotOptimize(read);
  }
  pool.deallocate(block);
  benchmark::ClobberMemory();
}

}  // namespace cenote
