/// Memory that is never given back: for small objects that others may still look at after their end.
#pragma once

#include <cstddef>

#include <cenote/memory_source.hpp>

namespace cenote::os {

/// Threads     one at a time: its owner's lock.
class PermanentMemory {
 public:
  constexpr PermanentMemory() noexcept = default;

  /// `bytes`, all zero, aligned to 128; null when the system refuses. O(1).
  void* allocate(std::size_t bytes) noexcept;

 private:
  Region rest_{};
};

}  // namespace cenote::os
