/// While it lives, an object of a MovablePool stays where it is, and alive.
///
///     Pin<Node> node = handle.pin();
///     node->value = 7;                 // *node, node.get() as well
///
/// Threads     a pin: one at a time. Many pins of one object: any threads, at the same time; the object's own
///             data are for the user to guard.
#pragma once

#include <memory>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/movable_core.hpp>

namespace cenote {

template <class T>
class MovablePool;
template <class T>
class MovableHandle;

template <class T>
class Pin {
 public:
  /// Pins nothing.
  Pin() noexcept = default;
  /// Copies pin the object once more.
  Pin(const Pin& other) noexcept : core_{other.core_}, entry_{other.entry_}, object_{other.object_} {
    if (object_ != nullptr) core_->entry(entry_).pin_again();
  }
  Pin(Pin&& other) noexcept
      : core_{other.core_}, entry_{other.entry_}, object_{std::exchange(other.object_, nullptr)} {}
  Pin& operator=(Pin other) noexcept {
    std::swap(core_, other.core_);
    std::swap(entry_, other.entry_);
    std::swap(object_, other.object_);
    return *this;
  }
  /// The object may be moved again, when no other pin is left; it ends here when its handle has ended before.
  ~Pin() { reset(); }

  void reset() noexcept {
    T* const object = std::exchange(object_, nullptr);
    if (object != nullptr && core_->entry(entry_).unpin()) [[unlikely]]
      end_life(*core_, entry_, object);
  }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  friend MovablePool<T>;
  friend MovableHandle<T>;

  Pin(MovableCore& core, std::uint32_t entry, T* object) noexcept
      : core_{&core}, entry_{entry}, object_{object} {}

  /// Null when the object has ended.
  static Pin of_handle(MovableCore& core, std::uint32_t entry) noexcept {
    MovablePlace place = kNoPlace;
    if (!core.entry(entry).pin(place)) [[unlikely]]
      return {};
    return {core, entry, object_at(core, place)};
  }
  static Pin of_id(MovableCore& core, MovableId id) noexcept {
    MovablePlace place = kNoPlace;
    if (!core.is_entry(id.entry) || !core.entry(id.entry).pin_if_open(place)) return {};
    Pin pin{core, id.entry, object_at(core, place)};
    return core.life_of(id.entry) == id.life ? std::move(pin) : Pin{};
  }
  static T* object_at(const MovableCore& core, MovablePlace place) noexcept {
    return reinterpret_cast<T*>(core.slots() + (std::size_t{place} << place_shift_of(sizeof(T))));
  }
  static void end_life(MovableCore& core, std::uint32_t entry, T* object) noexcept {
    std::destroy_at(object);
    if constexpr (annotate::kActive) annotate::take_back(&core, object, sizeof(T));
    core.release(entry);
  }

  MovableCore* core_ = nullptr;
  std::uint32_t entry_ = 0;
  T* object_ = nullptr;
};

}  // namespace cenote
