/// What outlives an arena, so that references into it can tell that it has ended.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/chunk_stack.hpp>

namespace cenote {

/// Lives are never given back to the system; that of an arena that has ended serves another one, under another number.
struct ArenaLife {
  std::atomic<std::uint64_t> arena{0};  // its number; 0: it has ended. Written by its thread
  const ChunkStack* chunks = nullptr;   // of that arena; its thread's
  ArenaLife* next = nullptr;            // of the free ones
};

namespace arena_lives {

/// A number that no arena of the process had before, never 0. Threads: any.
std::uint64_t new_number() noexcept;

/// A life for the arena of that number; null when the system refuses memory. Threads: any, lock-free.
ArenaLife* begin(std::uint64_t arena, const ChunkStack& chunks) noexcept;
/// Ends it; null does nothing. Threads: any, lock-free.
void end(ArenaLife* life) noexcept;

}  // namespace arena_lives
}  // namespace cenote
