/// A copy of an object of the process that is looked at, byte for byte. Its pointers are that process's; its
/// const functions work as long as they follow none.
#pragma once

#include <cstddef>
#include <cstring>

#include <cenote/detail/anchor.hpp>

#include "stats/peek.hpp"

namespace cenote::inspect {

template <class T>
class Image {
 public:
  /// False when it cannot be read.
  bool take(const stats::Peek& peek, const T* from) noexcept { return peek.copy(from, bytes_, sizeof(T)); }

  /// Whether both have the same bytes from an offset on.
  bool is_same_from(std::size_t offset, const Image& other) const noexcept {
    return std::memcmp(bytes_ + offset, other.bytes_ + offset, sizeof(T) - offset) == 0;
  }

  const T& operator*() const noexcept { return *reinterpret_cast<const T*>(bytes_); }
  const T* operator->() const noexcept { return &**this; }

 private:
  alignas(T) std::byte bytes_[sizeof(T)]{};
};

/// Copies it; false when it is not one of this build's.
template <class Anchor>
bool read_anchor(const stats::Peek& peek, const Anchor* at, Anchor& anchor) noexcept {
  return peek.read(at, anchor) && anchor.head.magic == stats::AnchorHead::kMagic &&
         anchor.head.layout == Anchor::kLayout;
}

}  // namespace cenote::inspect
