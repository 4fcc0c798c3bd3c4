/// What the cases of mixed sizes ask of a pool, and how they use its blocks.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

namespace cenote {

// Version 14 tears compound requirements apart.
// clang-format off

/// Gives any size; is told it again when the block comes back, which it may ignore.
template <class P>
concept SizedPoolUnderTest = std::default_initializable<P> && requires(P& pool, void* block, std::size_t size) {
  { pool.allocate(size) } -> std::same_as<void*>;
  pool.deallocate(block, size);
};
// clang-format on

struct SizedBlock {
  void* start;
  std::size_t size;
};

/// A block whose first word is written. The compiler forgets what it knew of memory, as it does behind a
/// call.
template <SizedPoolUnderTest P>
SizedBlock make_sized(P& pool, std::size_t size) {
  void* block = pool.allocate(size);
  *static_cast<std::uint64_t*>(block) = size;
  benchmark::DoNotOptimize(block);
  return {block, size};
}

template <SizedPoolUnderTest P>
void unmake_sized(P& pool, SizedBlock block) {
  std::uint64_t read = *static_cast<std::uint64_t*>(block.start);
  benchmark::DoNotOptimize(read);
  pool.deallocate(block.start, block.size);
  benchmark::ClobberMemory();
}

}  // namespace cenote
