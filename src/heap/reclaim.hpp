/// What a heap does about a request that got no memory, before the caller hears of it.
///
///     a limit is passed that reports     the handler is called; then it is served
///     a limit refuses, or the system     what this thread holds back for nothing goes home, blocks leave the quarantine, kept mappings
///                                        are released, and other threads are asked to settle at their next refill; then once more
#pragma once

#include <cstddef>

#include "heap/heap_core.hpp"

namespace cenote {

class MakeRoom {
 public:
  /// `cache`: through which the request goes; null: through none. `charge`: the bytes that it wants of the
  /// heap's budget.
  MakeRoom(HeapCore& core, ThreadCache* cache, std::size_t charge) noexcept
      : core_{core}, cache_{cache}, charge_{charge} {}

  /// True when the request is worth another try. No lock of the heap's may be held. Nothing of the thread's
  /// cache may be under way.
  bool once_more() noexcept;
  /// The same when only a limit is worth it: the system has its own reasons to refuse.
  bool once_more_if_limited() noexcept;

 private:
  bool is_limited() const noexcept;
  void give_up_what_is_free() noexcept;

  HeapCore& core_;
  ThreadCache* cache_;
  std::size_t charge_;
  bool has_given_up_ = false;
};

/// Tries until it succeeds, or no room can be made.
template <class Try>
void* insist(MakeRoom room, Try attempt) noexcept {
  void* block = attempt();
  while (block == nullptr && room.once_more()) block = attempt();
  return block;
}

/// Purges what is free of all heaps, and asks threads to let go of what they keep, which they do when they
/// next need a slab's blocks. Returns bytes. Any thread that holds no lock.
std::size_t relieve() noexcept;

}  // namespace cenote
