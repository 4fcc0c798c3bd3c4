/// Owns an object of a MovablePool, wherever it lies: the object ends with its handle, or with its last pin
/// when that ends later.
///
/// Threads     pin, id, comparisons: any, at the same time. Moves and the end: one, while no other thread
///             uses the handle; a thread that cannot know pins by the id, `pool.pin(id)`.
#pragma once

#include <utility>

#include <cenote/detail/movable_core.hpp>
#include <cenote/detail/pin.hpp>
#include <cenote/handlers.hpp>

namespace cenote {

template <class T>
class [[nodiscard]] MovableHandle {
 public:
  /// Owns nothing.
  MovableHandle() noexcept = default;
  MovableHandle(MovableHandle&& other) noexcept
      : core_{std::exchange(other.core_, nullptr)}, id_{std::exchange(other.id_, {})} {}
  MovableHandle& operator=(MovableHandle&& other) noexcept {
    if (this != &other) {
      reset();
      core_ = std::exchange(other.core_, nullptr);
      id_ = std::exchange(other.id_, {});
    }
    return *this;
  }
  ~MovableHandle() { reset(); }

  /// Keeps the object where it is. The pin of an empty handle is empty, and the misuse handler hears of it.
  ///
  /// Complexity  O(1): an atomic addition. Waits while that very object is being moved: for one move
  ///             constructor.
  Pin<T> pin() const noexcept {
    if (core_ != nullptr) [[likely]] {
      Pin<T> pin = Pin<T>::of_handle(*core_, id_.entry);
      if (pin) [[likely]]
        return pin;
    }
    report_empty();
    return {};
  }

  /// Ends the object's life, now or with its last pin; an empty handle does nothing. A handle whose object
  /// has ended, a copy of bytes, reaches the misuse handler.
  void reset() noexcept {
    MovableCore* const core = std::exchange(core_, nullptr);
    const MovableId id = std::exchange(id_, {});
    if (core != nullptr && core->close(id))
      Pin<T>::end_life(*core, id.entry, Pin<T>::object_at(*core, core->entry(id.entry).place()));
  }

  /// Which object of its pool it is, as long as it lives and afterwards.
  MovableId id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return core_ != nullptr; }
  /// Whether they are one: empty handles are equal.
  friend bool operator==(const MovableHandle&, const MovableHandle&) noexcept = default;

 private:
  friend MovablePool<T>;

  MovableHandle(MovableCore& core, MovableId id) noexcept : core_{&core}, id_{id} {}

  CENOTE_SLOW_PATH void report_empty() const noexcept {
    if (core_ != nullptr) return core_->report_ended(id_);
    report_misuse({AllocError::foreign_block, nullptr, ""});
  }

  MovableCore* core_ = nullptr;
  MovableId id_;
};

}  // namespace cenote
