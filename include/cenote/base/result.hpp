/// A value or the reason why there is none: what every `try_` form returns.
///
/// Invariants  holds a T exactly when has_value(); otherwise an AllocError. Trivial to copy and destroy when T is, so that
///             Result<void*> travels in two registers.
#pragma once

#include <cenote/base/alloc_error.hpp>
#include <cenote/base/alloc_failure.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace cenote {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(AllocError error) noexcept : nothing_{}, error_{error} {}  // NOLINT(google-explicit-constructor)

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, AllocError>)
  Result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>)  // NOLINT(google-explicit-constructor)
      : value_(std::forward<U>(value)), error_{} {}

  Result(const Result&)
    requires std::is_trivially_copy_constructible_v<T>
  = default;
  Result(const Result& other)
    requires(std::is_copy_constructible_v<T> && !std::is_trivially_copy_constructible_v<T>)
      : nothing_{}, error_{other.error_} {
    if (other) std::construct_at(std::addressof(value_), other.value_);
  }
  Result(Result&&)
    requires std::is_trivially_move_constructible_v<T>
  = default;
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
    requires(!std::is_trivially_move_constructible_v<T>)
      : nothing_{}, error_{other.error_} {
    if (other) std::construct_at(std::addressof(value_), std::move(other.value_));
  }

  Result& operator=(const Result&)
    requires(std::is_trivially_copy_constructible_v<T> && std::is_trivially_copy_assignable_v<T> &&
             std::is_trivially_destructible_v<T>)
  = default;
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this == &other) return *this;
    std::destroy_at(this);
    return *std::construct_at(this, std::move(other));
  }

  ~Result()
    requires std::is_trivially_destructible_v<T>
  = default;
  ~Result()
    requires(!std::is_trivially_destructible_v<T>)
  {
    if (has_value()) std::destroy_at(std::addressof(value_));
  }

  bool has_value() const noexcept { return error_ == AllocError{}; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; undefined when there is none.
  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  T* operator->() noexcept { return std::addressof(value_); }
  const T* operator->() const noexcept { return std::addressof(value_); }

  /// The value; throws AllocFailure with the error when there is none.
  T& value() & { return checked(), value_; }
  const T& value() const& { return checked(), value_; }
  T&& value() && { return checked(), std::move(value_); }

  /// The reason; meaningful only when there is no value.
  AllocError error() const noexcept { return error_; }

  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

 private:
  void checked() const {
    if (!has_value()) throw_alloc_failure(error_);
  }

  struct Nothing {};
  union {
    Nothing nothing_;
    T value_;
  };
  AllocError error_;  // AllocError{} (no enumerator) while there is a value
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  constexpr Result() noexcept = default;
  constexpr Result(AllocError error) noexcept : error_{error} {}  // NOLINT(google-explicit-constructor)

  constexpr bool has_value() const noexcept { return error_ == AllocError{}; }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  void operator*() const noexcept {}

  /// Throws AllocFailure with the error when there is one.
  void value() const {
    if (!has_value()) throw_alloc_failure(error_);
  }
  constexpr AllocError error() const noexcept { return error_; }

 private:
  AllocError error_{};
};

}  // namespace cenote
