/// What a pool has handed out: where each block lies, and the bytes it must still hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <cenote/detail/bits.hpp>

#include "fuzz/expect.hpp"
#include "support/pattern.hpp"

namespace cenote::fuzz {

/// A block as it was asked for, and the bytes it really has.
struct Piece {
  std::byte* start = nullptr;
  std::size_t size = 0;
  std::size_t usable = 0;
  std::size_t alignment = 1;
  bool written = true;  // false: its bytes are not the model's to fill and look at
};

struct Held : Piece {
  std::uint64_t seed = 0;
};

/// Invariants  blocks do not overlap, are aligned, and hold their patterns: at both ends, and all through
///             when they are small.
class HeapModel {
 public:
  std::size_t count() const { return held_.size(); }
  bool empty() const { return held_.empty(); }
  const Held& operator[](std::size_t index) const { return held_[index]; }
  const Held& newest() const { return held_.back(); }
  auto begin() const { return held_.begin(); }
  auto end() const { return held_.end(); }

  /// The block that `address` lies in; null when there is none.
  const Held* covering(const void* address) const {
    auto after = by_start_.upper_bound(address_of(address));
    if (after == by_start_.begin()) return nullptr;
    const Held& before = held_[std::prev(after)->second];
    return address_of(address) - address_of(before.start) < before.usable ? &before : nullptr;
  }

  void add(const Piece& piece) {
    expect(piece.start != nullptr, "a block without a start");
    expect(is_aligned(piece.start, piece.alignment), "a block is not aligned as asked for");
    expect(piece.usable >= piece.size, "a block is smaller than asked for");
    expect(covering(piece.start) == nullptr, "a block begins inside another");
    const auto next = by_start_.lower_bound(address_of(piece.start));
    expect(next == by_start_.end() || next->first - address_of(piece.start) >= piece.usable,
           "a block reaches into another");
    by_start_.emplace(address_of(piece.start), held_.size());
    held_.push_back({piece, ++seed_});
    if (piece.written) fill(held_.back());
  }

  /// Forgets a block that is about to be given back; the last one takes its number.
  Held remove(std::size_t index) {
    check(held_[index]);
    return forget(index);
  }
  /// Forgets all but the `count` first ones, which may be gone already.
  void cut_to(std::size_t count) {
    while (held_.size() > count) forget(held_.size() - 1);
  }

  void check_all() const {
    for (const Held& held : held_) check(held);
  }

  /// Calls `visit(from, to)` for each piece of [start, start + bytes) that no block covers.
  template <class Visit>
  void each_gap(const std::byte* start, std::size_t bytes, Visit&& visit) const {
    std::uintptr_t from = address_of(start);
    for (const auto& [at, index] : by_start_) {
      if (at > from) visit(from, at);
      from = std::max(from, at + held_[index].usable);
    }
    if (from < address_of(start) + bytes) visit(from, address_of(start) + bytes);
  }

 private:
  static constexpr std::size_t kEnd = 64;

  // Head and tail, one piece when the block is small.
  static std::size_t head(const Held& held) { return held.usable <= 2 * kEnd ? held.usable : kEnd; }
  static std::size_t tail(const Held& held) { return held.usable <= 2 * kEnd ? 0 : kEnd; }

  static void fill(const Held& held) {
    test::fill_pattern(held.start, head(held), held.seed);
    test::fill_pattern(held.start + held.usable - tail(held), tail(held), ~held.seed);
  }
  static void check(const Held& held) {
    if (!held.written) return;
    expect(test::holds_pattern(held.start, head(held), held.seed) &&
               test::holds_pattern(held.start + held.usable - tail(held), tail(held), ~held.seed),
           "a block does not hold what was written to it");
  }

  Held forget(std::size_t index) {
    const Held held = held_[index];
    by_start_.erase(address_of(held.start));
    held_[index] = held_.back();
    held_.pop_back();
    if (index != held_.size()) by_start_[address_of(held_[index].start)] = index;
    return held;
  }

  std::vector<Held> held_;
  std::map<std::uintptr_t, std::size_t> by_start_;  // the index in held_
  std::uint64_t seed_ = 0;
};

}  // namespace cenote::fuzz
