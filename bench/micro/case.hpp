#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "peer.hpp"

namespace cenote {

/// A measured piece of work: `run` does it with one peer. One "item" is one block allocated and freed.
struct Case {
  const char* name;
  void (*run)(benchmark::State&, const Peer&, std::int64_t argument);
  std::vector<std::int64_t> arguments;  // one registration each
  int threads = 1;
};

/// All cases, from cases/*.cpp.
std::span<const Case> all_cases();

void pair(benchmark::State&, const Peer&, std::int64_t size);
void held_fifo(benchmark::State&, const Peer&, std::int64_t blocks);
void held_random(benchmark::State&, const Peer&, std::int64_t blocks);
void held_mixed(benchmark::State&, const Peer&, std::int64_t blocks);
void batch_lifo(benchmark::State&, const Peer&, std::int64_t blocks);
void batch_fifo(benchmark::State&, const Peer&, std::int64_t blocks);
void batch_random(benchmark::State&, const Peer&, std::int64_t blocks);
void zeroed(benchmark::State&, const Peer&, std::int64_t size);
void grow(benchmark::State&, const Peer&, std::int64_t size_max);
void aligned(benchmark::State&, const Peer&, std::int64_t alignment);
void cross_thread(benchmark::State&, const Peer&, std::int64_t size);

/// Writes the first and the last byte, as the least that a user does with a block.
inline void touch(void* block, std::size_t size) {
  static_cast<volatile char*>(block)[0] = 1;
  static_cast<volatile char*>(block)[size - 1] = 1;
}

}  // namespace cenote
