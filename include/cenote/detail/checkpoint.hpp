/// A point in an arena's life to which it can return.
#pragma once

#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

struct DestructorRecord;

/// Copies are the same checkpoint. Made by Arena::checkpoint(); one made by nobody belongs to no arena.
class Checkpoint {
 public:
  Checkpoint() = default;

 private:
  friend class Arena;

  std::uint64_t arena_ = 0;             // its number; 0: none
  std::uintptr_t place_ = 0;            // of the cursor; 0: before the first chunk
  std::uint64_t time_ = 0;              // when it was taken
  DestructorRecord* newest_ = nullptr;  // of the objects that existed then
};

}  // namespace cenote
