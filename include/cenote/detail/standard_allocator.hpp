/// What the standard asks of an allocator, as a concept: [allocator.requirements]. Stated beside each of ours.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace cenote {

namespace detail {

/// No name of the standard's or the user's.
struct AnyOtherType {};

template <class A>
using Rebound = typename std::allocator_traits<A>::template rebind_alloc<AnyOtherType>;

}  // namespace detail

// Version 14 tears compound requirements apart.
// clang-format off

/// Copies, moves and conversions do not throw and compare equal; other element types can be reached; and, which the standard asks only
/// in words, deallocation does not throw.
template <class A>
concept StandardAllocator = requires { typename A::value_type; } &&
    std::is_nothrow_copy_constructible_v<A> && std::is_nothrow_copy_assignable_v<A> &&
    std::is_nothrow_move_constructible_v<A> && std::is_nothrow_move_assignable_v<A> &&
    std::is_nothrow_constructible_v<A, const detail::Rebound<A>&> &&
    std::is_nothrow_constructible_v<detail::Rebound<A>, const A&> && std::equality_comparable<A> &&
    std::same_as<A, typename std::allocator_traits<detail::Rebound<A>>::template rebind_alloc<typename A::value_type>> &&
    requires(A& a, const A& b, const detail::Rebound<A>& other, typename A::value_type* p, std::size_t n) {
  { a.allocate(n) } -> std::same_as<typename A::value_type*>;
  { a.deallocate(p, n) } noexcept;
  { b == other } noexcept -> std::convertible_to<bool>;
  { b != other } noexcept -> std::convertible_to<bool>;
};

// clang-format on

}  // namespace cenote
