/// A value or the reason why there is none: what every `try_` form returns.
///
/// Invariants  holds a T exactly when has_value(); otherwise an AllocError. Trivial to copy and destroy when
///             T is, so that Result<void*> travels in two registers; it copies and moves as T does. A Result
///             cannot be made of an AllocError that is none, AllocError{}: that is a failed check, since it
///             would claim a value that does not exist.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>
#include <version>

#if defined(__cpp_lib_expected)
#include <expected>
#endif

#include <cenote/detail/check.hpp>

namespace cenote {

enum class AllocError : std::uint8_t {
  zero_size = 1,  ///< a request for 0 bytes
  too_large,      ///< more than this pool can ever give
  bad_alignment,  ///< not a power of two, or above what the pool supports
  exhausted,      ///< the pool is empty now; a later call may succeed
  limit_reached,  ///< a byte limit set by the user forbids it
  out_of_memory,  ///< the system refused
  foreign_block,  ///< the pointer is not a block of this pool
  double_free,    ///< the block is free already
  size_mismatch,  ///< the block's size is not the one given
  bad_option,     ///< an option makes no sense (which: in the message)
  unsupported     ///< this platform or kernel cannot do it
};

/// The enumerator's name, "unknown" for a value outside the enumeration. Never null; static storage.
const char* to_string(AllocError error) noexcept;

/// The error in the category "cenote", so that it travels as std::error_code.
std::error_code make_error_code(AllocError error) noexcept;

}  // namespace cenote

template <>
struct std::is_error_code_enum<cenote::AllocError> : std::true_type {};

namespace cenote {

/// A std::bad_alloc that carries the reason. Throwing it allocates nothing beyond the exception object
/// itself.
class AllocFailure : public std::bad_alloc {
 public:
  explicit AllocFailure(AllocError error) noexcept;

  /// A bad_option: `what()` reads "bad_option: <option> <problem>". Both texts are copied, cut at the
  /// buffer's end.
  AllocFailure(const char* option, const char* problem) noexcept;

  AllocError error() const noexcept { return error_; }

  /// Names the error, and for bad_option the option and what is wrong with it.
  const char* what() const noexcept override { return text_; }

 private:
  AllocError error_;
  char text_[119];
};

/// Throws AllocFailure{error}; out of line, so that callers stay small.
[[noreturn]] void throw_alloc_failure(AllocError error);

namespace detail {

/// The error of a Result that has no value.
constexpr AllocError checked_error(AllocError error) noexcept {
  CENOTE_CHECK(error != AllocError{}, "a Result without a value needs an error, and AllocError{} is none");
  return error;
}

/// A base that takes copying away.
struct MoveOnly {
  MoveOnly() = default;
  MoveOnly(MoveOnly&&) = default;
  MoveOnly& operator=(MoveOnly&&) = default;
};
struct Copyable {};

/// Where a Result keeps its value: trivial for trivial types. (Two classes, since Clang before 16 knows no
/// constrained destructors.)
template <class T, bool = std::is_trivially_copyable_v<T>>
class ResultStorage {
  using Error = std::conditional_t<alignof(T) == alignof(std::uintptr_t), std::uintptr_t, AllocError>;

 public:
  constexpr explicit ResultStorage(AllocError error) noexcept
      : nothing_{}, error_{static_cast<Error>(error)} {}
  template <class U>
  constexpr ResultStorage(std::in_place_t, U&& value) : value_(std::forward<U>(value)), error_{} {}

 protected:
  struct Nothing {};
  union {
    Nothing nothing_;
    T value_;
  };
  // As wide as the value's alignment: a result that returns in two registers is loaded eight bytes at a time,
  // and where one byte was stored such a load waits for the store to reach the cache, 4 ns.
  Error error_;  // AllocError{} (no enumerator) while there is a value
};

template <class T>
class ResultStorage<T, false> {
 public:
  constexpr explicit ResultStorage(AllocError error) noexcept : nothing_{}, error_{error} {}
  template <class U>
  constexpr ResultStorage(std::in_place_t, U&& value) : value_(std::forward<U>(value)), error_{} {}

  constexpr ResultStorage(const ResultStorage& other) : nothing_{}, error_{other.error_} {
    if (error_ == AllocError{}) std::construct_at(std::addressof(value_), other.value_);
  }
  constexpr ResultStorage(ResultStorage&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : nothing_{}, error_{other.error_} {
    if (error_ == AllocError{}) std::construct_at(std::addressof(value_), std::move(other.value_));
  }
  constexpr ResultStorage& operator=(ResultStorage&& other) noexcept(
      std::is_nothrow_move_constructible_v<T>) {
    if (this == &other) return *this;
    std::destroy_at(this);
    return *std::construct_at(this, std::move(other));
  }
  constexpr ResultStorage& operator=(const ResultStorage& other) { return *this = ResultStorage{other}; }
  constexpr ~ResultStorage() {
    if (error_ == AllocError{}) std::destroy_at(std::addressof(value_));
  }

 protected:
  struct Nothing {};
  union {
    Nothing nothing_;
    T value_;
  };
  AllocError error_;  // as above
};

}  // namespace detail

template <class T>
class Result;

namespace detail {

template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<Result<T>> = true;

/// What and_then() and or_else() have in common: `call` returns a Result.
template <class F, class... A>
using ResultOf = std::remove_cvref_t<std::invoke_result_t<F, A...>>;

/// A Result of what `call` returns, which may be nothing.
template <class F, class... A>
constexpr auto result_of(F&& call, A&&... arguments) -> Result<ResultOf<F, A...>> {
  if constexpr (std::is_void_v<std::invoke_result_t<F, A...>>) {
    std::forward<F>(call)(std::forward<A>(arguments)...);
    return {};
  } else {
    return std::forward<F>(call)(std::forward<A>(arguments)...);
  }
}

}  // namespace detail

/// Complexity  of each member: O(1), beside what it calls.
/// Threads     as a T.
template <class T>
class [[nodiscard]] Result
    : private detail::ResultStorage<T>,
      private std::conditional_t<std::is_copy_constructible_v<T>, detail::Copyable, detail::MoveOnly> {
  using Storage = detail::ResultStorage<T>;
  using Storage::error_;
  using Storage::value_;

 public:
  using value_type = T;
  using error_type = AllocError;

  constexpr Result(AllocError error) noexcept  // NOLINT(google-explicit-constructor)
      : Storage{detail::checked_error(error)} {}

  template <class U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>,
                           AllocError>) constexpr Result(U&& value)  // NOLINT(google-explicit-constructor)
      noexcept(std::is_nothrow_constructible_v<T, U&&>)
      : Storage{std::in_place, std::forward<U>(value)} {}

  constexpr bool has_value() const noexcept { return error() == AllocError{}; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  /// The value; undefined when there is none.
  constexpr T& operator*() & noexcept { return value_; }
  constexpr const T& operator*() const& noexcept { return value_; }
  constexpr T&& operator*() && noexcept { return std::move(value_); }
  constexpr T* operator->() noexcept { return std::addressof(value_); }
  constexpr const T* operator->() const noexcept { return std::addressof(value_); }

  /// The value; throws AllocFailure with the error when there is none.
  constexpr T& value() & { return checked(), value_; }
  constexpr const T& value() const& { return checked(), value_; }
  constexpr T&& value() && { return checked(), std::move(value_); }

  /// The reason; meaningful only when there is no value.
  constexpr AllocError error() const noexcept { return static_cast<AllocError>(error_); }
  /// The same as a std::error_code; the empty one when there is a value.
  std::error_code error_code() const noexcept {
    return has_value() ? std::error_code{} : make_error_code(error());
  }

  template <class U>
  constexpr T value_or(U&& other) const& {
    return has_value() ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  constexpr T value_or(U&& other) && {
    return has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  /// `call(value)`, which returns a Result; or this error.
  template <class F>
  constexpr auto and_then(F&& call) const& -> detail::ResultOf<F, const T&> {
    static_assert(detail::kIsResult<detail::ResultOf<F, const T&>>,
                  "and_then: the function returns a Result");
    if (!has_value()) return error();
    return std::forward<F>(call)(value_);
  }
  template <class F>
  constexpr auto and_then(F&& call) && -> detail::ResultOf<F, T> {
    static_assert(detail::kIsResult<detail::ResultOf<F, T>>, "and_then: the function returns a Result");
    if (!has_value()) return error();
    return std::forward<F>(call)(std::move(value_));
  }

  /// A Result of `call(value)`; or this error.
  template <class F>
  constexpr auto transform(F&& call) const& -> Result<detail::ResultOf<F, const T&>> {
    if (!has_value()) return error();
    return detail::result_of(std::forward<F>(call), value_);
  }
  template <class F>
  constexpr auto transform(F&& call) && -> Result<detail::ResultOf<F, T>> {
    if (!has_value()) return error();
    return detail::result_of(std::forward<F>(call), std::move(value_));
  }

  /// This, when there is a value; otherwise `call(error)`, which returns a Result<T>.
  template <class F>
  requires std::same_as<detail::ResultOf<F, AllocError>, Result>
  constexpr Result or_else(F&& call) const& {
    if (has_value()) return *this;
    return std::forward<F>(call)(error());
  }
  template <class F>
  requires std::same_as<detail::ResultOf<F, AllocError>, Result>
  constexpr Result or_else(F&& call) && {
    if (has_value()) return std::move(*this);
    return std::forward<F>(call)(error());
  }

  /// Equal values, or the same error.
  friend constexpr bool operator==(const Result& a, const Result& b) requires std::equality_comparable<T> {
    return a.error() == b.error() && (!a.has_value() || a.value_ == b.value_);
  }

#if defined(__cpp_lib_expected)
  constexpr operator std::expected<T, AllocError>() const& {  // NOLINT(google-explicit-constructor)
    if (has_value()) return value_;
    return std::unexpected{error()};
  }
  constexpr operator std::expected<T, AllocError>() && {  // NOLINT(google-explicit-constructor)
    if (has_value()) return std::move(value_);
    return std::unexpected{error()};
  }
#endif

 private:
  constexpr void checked() const {
    if (!has_value()) throw_alloc_failure(error());
  }
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = AllocError;

  constexpr Result() noexcept = default;
  constexpr Result(AllocError error) noexcept  // NOLINT(google-explicit-constructor)
      : error_{detail::checked_error(error)} {}

  constexpr bool has_value() const noexcept { return error_ == AllocError{}; }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr void operator*() const noexcept {}

  /// Throws AllocFailure with the error when there is one.
  constexpr void value() const {
    if (!has_value()) throw_alloc_failure(error_);
  }
  constexpr AllocError error() const noexcept { return error_; }
  std::error_code error_code() const noexcept {
    return has_value() ? std::error_code{} : make_error_code(error_);
  }

  /// As those of Result<T>; the functions take no value.
  template <class F>
  constexpr auto and_then(F&& call) const -> detail::ResultOf<F> {
    static_assert(detail::kIsResult<detail::ResultOf<F>>, "and_then: the function returns a Result");
    if (!has_value()) return error_;
    return std::forward<F>(call)();
  }
  template <class F>
  constexpr auto transform(F&& call) const -> Result<detail::ResultOf<F>> {
    if (!has_value()) return error_;
    return detail::result_of(std::forward<F>(call));
  }
  template <class F>
  requires std::same_as<detail::ResultOf<F, AllocError>, Result>
  constexpr Result or_else(F&& call) const { return has_value() ? *this : std::forward<F>(call)(error_); }

  friend constexpr bool operator==(const Result&, const Result&) noexcept = default;

#if defined(__cpp_lib_expected)
  constexpr operator std::expected<void, AllocError>() const {  // NOLINT(google-explicit-constructor)
    if (has_value()) return {};
    return std::unexpected{error_};
  }
#endif

 private:
  AllocError error_{};
};

}  // namespace cenote
