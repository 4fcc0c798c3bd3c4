/// Ownership of a pool's core by the class that users see.
#pragma once

#include <utility>

#include <cenote/detail/cxx20.hpp>

namespace cenote::detail {

/// Move-only. `Pool::close(core)` ends the core's life and is called once: by the destructor, or when another
/// core is assigned. Its first act is to take the core off the list of names, so that no snapshot reads a
/// pool that is being destroyed.
///
/// A moved-from owner may be destroyed or assigned to. No default constructor: then `Pool{{}}` means default
/// options.
template <class Core, class Pool>
class Owned {
 public:
  explicit Owned(Core* core) noexcept : core_{core} {}
  Owned(Owned&& other) noexcept : core_{std::exchange(other.core_, nullptr)} {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) reset(std::exchange(other.core_, nullptr));
    return *this;
  }
  ~Owned() { reset(nullptr); }

  Core& operator*() const noexcept { return *core_; }
  Core* operator->() const noexcept { return core_; }
  Core* get() const noexcept { return core_; }

 private:
  void reset(Core* core) noexcept {
    if (Core* const old = std::exchange(core_, core); old != nullptr) Pool::close(old);
  }

  Core* core_;
};

}  // namespace cenote::detail
