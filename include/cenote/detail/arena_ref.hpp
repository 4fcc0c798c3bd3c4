/// A pointer into an arena that knows when its object is gone.
#pragma once

#include <cstdint>

#include <cenote/detail/arena_objects.hpp>

namespace cenote {

/// Made by Arena::ref(); one made by nobody, or of an address that is not in use, refers to nothing.
///
/// Invariants  exact: get() is null from the moment at which a reset, a restore or the end of the arena
///             passes the object, and never before, whoever has the memory then.
/// Threads     the arena's; after its end, any.
template <class T>
class ArenaRef {
 public:
  ArenaRef() = default;

  /// The object; null once it is gone. O(chunks + log n), n how often the arena went back in the object's
  /// chunk and then grew: mostly 0.
  T* get() const noexcept { return is_live() ? object_ : nullptr; }
  explicit operator bool() const noexcept { return get() != nullptr; }

 private:
  friend class Arena;
  ArenaRef(T* object, ArenaLife* life, std::uint64_t arena, std::uint64_t time) noexcept
      : object_{object}, life_{life}, arena_{arena}, time_{time} {}

  bool is_live() const noexcept {
    if (life_ == nullptr || life_->arena.load(std::memory_order_acquire) != arena_) return false;
    return life_->chunks->stands(address_of(object_) + 1, time_);
  }

  T* object_ = nullptr;
  ArenaLife* life_ = nullptr;
  std::uint64_t arena_ = 0;  // its number
  std::uint64_t time_ = 0;   // when the object was in use
};

}  // namespace cenote
