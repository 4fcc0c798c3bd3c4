/// The free slots of a pool: a stack of indices beside the blocks, over a SlotSpace that refills it.
///
///     entries  | 7 | 2 | 9 | . | . |      pop takes 9, and never waits for a cold block to say what comes next
///                          ^ top
///
/// Invariants  every circulating slot is on the stack or out; the stack never holds one twice.
/// Threads     one at a time, whoever owns or locks the pool.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/base/result.hpp>
#include <cenote/fixed/slot_space.hpp>

namespace cenote {

class FreeStack {
 public:
  explicit FreeStack(SlotSpace& space) noexcept : space_{space}, entries_{space.entries<SlotIndex>()} {}

  /// The slot given back last, kNoSlot when the stack is empty: then `refill` it.
  SlotIndex pop() noexcept {
    if (top_ == 0) [[unlikely]]
      return kNoSlot;
    const SlotIndex slot = entries_[--top_];
    if (top_ < low_water_) low_water_ = top_;
    return slot;
  }
  void push(SlotIndex slot) noexcept { entries_[top_++] = slot; }

  /// Moves slots from the stock, which grows when it must and may, to the empty stack. Errors: exhausted, out_of_memory.
  Result<void> refill() noexcept;

  /// The `count` slots on top, count <= size(), in stack order; they are out then.
  const SlotIndex* pop_many(SlotIndex count) noexcept {
    top_ -= count;
    if (top_ < low_water_) low_water_ = top_;
    return entries_ + top_;
  }
  void push_many(const SlotIndex* slots, SlotIndex count) noexcept;

  SlotIndex size() const noexcept { return static_cast<SlotIndex>(top_); }
  /// Slots that are neither here nor in stock.
  SlotIndex out() const noexcept { return circulating() - size(); }
  /// The most slots that were ever out at once.
  SlotIndex peak_out() const noexcept;

  /// Gives pages back of which all slots are on the stack or in stock. Returns bytes. O(capacity).
  std::size_t shrink(SlotSpace::IsFree is_free, const void* pool) noexcept;

 private:
  SlotIndex circulating() const noexcept { return space_.capacity() - space_.stock(); }

  SlotSpace& space_;
  SlotIndex* entries_;
  std::size_t top_ = 0;
  std::size_t low_water_ = 0;   // lowest top_ since the circulation changed
  SlotIndex peak_before_ = 0;   // most slots out until then
};

}  // namespace cenote
