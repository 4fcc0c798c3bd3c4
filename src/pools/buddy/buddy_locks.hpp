/// All locks of a buddy allocator at once: for who must see every free block.
#pragma once

#include <cstddef>

#include "pools/buddy/buddy_core.hpp"

namespace cenote {

/// All locks of an allocator, shelves first; shelves may be let go of before the tree.
class BuddyCore::AllLocked {
 public:
  explicit AllLocked(BuddyCore& core) noexcept : core_{core} {
    core.shelves()[0].lock().lock();
    for (std::size_t i = 1; i < core.plan_.shelves; ++i) core.shelves()[i].lock().lock_beside_others();
    core.tree_lock_.lock();
  }
  ~AllLocked() {
    if (shelves_) unlock_shelves();
    core_.tree_lock_.unlock();
  }
  AllLocked(const AllLocked&) = delete;
  AllLocked& operator=(const AllLocked&) = delete;

  void unlock_shelves() noexcept {
    for (std::size_t i = 0; i < core_.plan_.shelves; ++i) core_.shelves()[i].lock().unlock();
    shelves_ = false;
  }

 private:
  BuddyCore& core_;
  bool shelves_ = true;
};

}  // namespace cenote
