/// An array in memory of its own, straight from the system: for work that must not allocate.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::profile {

/// Plain data, all zero at first. Empty when the system refused.
template <class T>
class Mapped {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  constexpr Mapped() noexcept = default;
  explicit Mapped(std::size_t count) noexcept
      : region_{os::g_system_memory.map(region_bytes(count), os::page_bytes())},
        count_{region_ ? count : 0} {}
  Mapped(Mapped&& other) noexcept
      : region_{std::exchange(other.region_, {})}, count_{std::exchange(other.count_, 0)} {}
  Mapped& operator=(Mapped&& other) noexcept {
    std::swap(region_, other.region_);
    std::swap(count_, other.count_);
    return *this;
  }
  constexpr ~Mapped() {
    if (region_) os::g_system_memory.release(region_);
  }

  /// The array, which nothing releases from now on but an owner that takes it over.
  std::span<T> detach() noexcept {
    const std::span<T> array{data(), count_};
    region_ = {};
    count_ = 0;
    return array;
  }
  /// Takes over what `detach` gave.
  static Mapped take_over(std::span<T> array) noexcept {
    Mapped mapped;
    if (array.empty()) return mapped;
    mapped.region_ = {reinterpret_cast<std::byte*>(array.data()), region_bytes(array.size())};
    mapped.count_ = array.size();
    return mapped;
  }

  explicit operator bool() const noexcept { return static_cast<bool>(region_); }
  std::size_t size() const noexcept { return count_; }
  T* data() const noexcept { return reinterpret_cast<T*>(region_.start); }
  T* begin() const noexcept { return data(); }
  T* end() const noexcept { return data() + count_; }
  T& operator[](std::size_t i) const noexcept { return data()[i]; }
  std::span<T> first(std::size_t count) const noexcept { return {data(), count}; }

 private:
  static std::size_t region_bytes(std::size_t count) noexcept {
    return align_up(count * sizeof(T) + 1, os::page_bytes());
  }

  os::Region region_{};
  std::size_t count_ = 0;
};

}  // namespace cenote::profile
