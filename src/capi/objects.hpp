/// Memory of the objects that C programs hold by pointer: from the system, not from malloc, and reused after
/// `destroy`.
///
/// Invariants  a slot is never returned to the system, so that a second `destroy` of an object is detected,
///             until the slot is reused.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>

#include "capi/arguments.hpp"

namespace cenote::capi {

/// Of what the C API keeps for the process; forks take it.
os::Lock& lock() noexcept;

/// Constant-initialised and never destroyed.
///
/// Threads     any.
template <class T>
class Objects {
 public:
  /// Null where the system refuses memory.
  template <class... A>
  T* make(A&&... arguments) noexcept {
    Slot* const slot = take();
    if (slot == nullptr) return nullptr;
    T* const object = ::new (slot->object) T{std::forward<A>(arguments)...};
    slot->is_live.store(true, std::memory_order_relaxed);
    return object;
  }

  /// False when the object is destroyed already.
  [[nodiscard]] bool destroy(T* object) noexcept {
    auto* const slot = reinterpret_cast<Slot*>(object);
    if (!slot->is_live.exchange(false, std::memory_order_relaxed)) return false;
    std::destroy_at(object);
    const os::LockGuard guard{lock()};
    slot->next_idle = std::exchange(idle_, slot);
    return true;
  }

 private:
  struct Slot {
    alignas(T) std::byte object[sizeof(T)];
    std::atomic<bool> is_live{false};
    Slot* next_idle = nullptr;  // under lock()
  };
  static_assert(std::is_standard_layout_v<Slot>, "an object and its slot have one address");

  Slot* take() noexcept {
    const os::LockGuard guard{lock()};
    if (Slot* const slot = idle_) {
      idle_ = slot->next_idle;
      return slot;
    }
    void* const memory = memory_.allocate(sizeof(Slot));
    return memory == nullptr ? nullptr : ::new (memory) Slot;
  }

  os::PermanentMemory memory_{};  // under lock()
  Slot* idle_ = nullptr;          // under lock()
};

/// Makes the object that has the value of `created` and writes its address to `out`, or returns the error and
/// leaves `out` as it is.
template <class T, class Value>
cenote_error make_object(Objects<T>& objects, Result<Value> created, T** out) noexcept {
  if (!created) return to_c(created.error());
  T* const object = objects.make(*std::move(created));
  if (object == nullptr) return CENOTE_OUT_OF_MEMORY;
  *out = object;
  return CENOTE_OK;
}

/// Null does nothing. `destroyed_before` is the message for an object that is destroyed already.
template <class T>
void destroy_object(Objects<T>& objects, T* object, const char* destroyed_before) noexcept {
  if (object != nullptr && !objects.destroy(object))
    report_damage({AllocError::double_free, object, ""}, destroyed_before);
}

}  // namespace cenote::capi
