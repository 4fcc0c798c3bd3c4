/// How statistics are read: by copying bytes from where they lie, in this process or another. Nothing is
/// locked and nobody is asked, so that a process can be looked at that is busy, stuck or stopped.
#pragma once

#include <cstddef>
#include <type_traits>

namespace cenote::stats {

/// Threads     as the implementation says; what is copied may change meanwhile, and is then a mixture.
class Peek {
 public:
  /// Copies `bytes` from `address` in the process that is looked at; false when they cannot be read: then
  /// `to` may hold anything.
  virtual bool copy(const void* address, void* to, std::size_t bytes) const noexcept = 0;

  /// The same for an object of plain data.
  template <class T>
  bool read(const void* address, T& to) const noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    return copy(address, &to, sizeof to);
  }

 protected:
  constexpr Peek() noexcept = default;
  ~Peek() = default;
};

/// Looks at this process. Copies words as other threads write them: any of the values that a word has
/// meanwhile.
class LocalPeek final : public Peek {
 public:
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override;
};

}  // namespace cenote::stats
