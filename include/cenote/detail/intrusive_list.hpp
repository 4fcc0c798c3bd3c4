/// A doubly linked list whose links live in its members: nothing is allocated, a member is unlinked in O(1).
#pragma once

#include <cstddef>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// The links; a member of T for each list that a T can be on at the same time.
template <class T>
struct ListLink {
  T* previous = nullptr;
  T* next = nullptr;
};

/// Threads: none of its own; the owner's lock or thread guards list and links.
template <class T, ListLink<T> T::*Link>
class IntrusiveList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return first_; }
  T* back() const noexcept { return last_; }
  static T* next_of(const T& member) noexcept { return (member.*Link).next; }

  void push_front(T& member) noexcept {
    member.*Link = {nullptr, first_};
    (first_ != nullptr ? (first_->*Link).previous : last_) = &member;
    first_ = &member;
  }

  void push_back(T& member) noexcept {
    member.*Link = {last_, nullptr};
    (last_ != nullptr ? (last_->*Link).next : first_) = &member;
    last_ = &member;
  }

  /// Precondition: `member` is on this list.
  void remove(T& member) noexcept {
    const ListLink<T> link = member.*Link;
    (link.previous != nullptr ? (link.previous->*Link).next : first_) = link.next;
    (link.next != nullptr ? (link.next->*Link).previous : last_) = link.previous;
    member.*Link = {};
  }

  /// Unlinks and returns the first member, null when there is none.
  T* pop_front() noexcept {
    T* member = first_;
    if (member != nullptr) remove(*member);
    return member;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace cenote
