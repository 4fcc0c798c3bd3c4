/// A lock-free stack of slots, linked through words beside the blocks.
///
///     head   | tag | slot |        slot: the top, in as many bits as the slots need; tag: the pops so far, in all other bits
///     link   | depth | next |      of each slot; depth: of the stack from here on down, or that the slot is out
///
/// The ABA problem: a pop reads the top A and its next B; before it swings the head to B, others pop A and B
/// and push A again. Each pop changes the tag, so the head differs unless the tag has wrapped meanwhile,
/// exactly to the same value: with 2^20 slots after 2^44 pops, 44 hours at 9 ns each; with 2^31 slots, the
/// most, after 2^32 pops, 40 seconds (docs/adr/0009). Depths tell how many slots the stack holds, and tags
/// how many pops there were, without a counter that all threads write.
///
/// Source  Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986; the tag is its
///         counter.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/gauge.hpp>

namespace cenote {

/// Word: an atomic 64-bit integer; std::atomic<std::uint64_t>, or a model's.
/// Threads     any, but for circulate: one at a time.
template <class Word = std::atomic<std::uint64_t>>
class TaggedStack {
 public:
  /// Over `slots_max` links, all zero. `tag_bits`: 0 for all that are left.
  TaggedStack(Word* links, SlotIndex slots_max, unsigned tag_bits = 0) noexcept
      : slot_bits_{static_cast<unsigned>(std::bit_width(slots_max))},
        tag_mask_{~std::uint64_t{0} >> (tag_bits == 0 ? slot_bits_ : 64 - tag_bits)},
        links_{links},
        head_{nil()} {}

  /// What a pop found: how many of the circulating slots were out then, with those popped.
  struct Popped {
    SlotIndex slot;  // kNoSlot: the stack was empty
    SlotIndex out;
  };

  /// Takes the slot pushed last. Lock-free.
  Popped pop() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const SlotIndex slot = slot_of(head);
      if (slot == nil()) [[unlikely]]
        return {kNoSlot, 0};
      const Link link = read(slot);
      const SlotIndex out = circulating() - link.depth + 1;
      if (swing(head, link.next, 1)) [[likely]] {
        write(slot, {.next = 0, .depth = kOut});
        return {slot, out};
      }
    }
  }

  /// Takes up to `count` slots at once and calls `take(SlotIndex)` for each; one that is empty gives none.
  /// `slot` of the result is the first. Lock-free; O(count) a try.
  template <class Take>
  Popped pop_many(SlotIndex count, Take take) noexcept;

  /// Pushes a slot that is out. Lock-free.
  void push(SlotIndex slot) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    do {
      write(slot, {.next = slot_of(head), .depth = depth_at(head) + 1});
    } while (!swing(head, slot, 0));
  }

  /// Pushes `count` slots, slot_at(0) last; none of them is out, or all are. Lock-free; O(count) a try.
  template <class SlotAt>
  void push_many(SlotIndex count, SlotAt slot_at) noexcept;

  /// Whether the slot has been popped and not pushed since.
  bool is_out(SlotIndex slot) const noexcept { return read(slot).depth == kOut; }
  /// Marks a popped slot as neither out nor on the stack, and links it to another; kNoSlot: to none. Who
  /// walks the stack with an old head may come through here, so every link leads to a slot or ends.
  void hold(SlotIndex slot, SlotIndex next) noexcept {
    write(slot, {.next = next == kNoSlot ? nil() : next, .depth = kHeld});
  }
  bool is_held(SlotIndex slot) const noexcept { return read(slot).depth == kHeld; }
  SlotIndex next_held(SlotIndex slot) const noexcept {
    const SlotIndex next = read(slot).next;
    return next == nil() ? kNoSlot : next;
  }
  /// Marks a held slot as in stock, as all are at first.
  void set_stocked(SlotIndex slot) noexcept { write(slot, {.next = 0, .depth = 0}); }

  /// So many slots are on the stack or out from now on: told before they are pushed, after they are taken
  /// away.
  void circulate(SlotIndex slots) noexcept { circulating_.store(slots, std::memory_order_release); }
  /// Slots of the circulating ones that are out; exact when quiescent.
  SlotIndex out() const noexcept;
  /// Slots popped so far.
  std::uint64_t pops() const noexcept;
  /// A gauge of the slots on the stack; and of those popped, added.
  stats::Gauge depth_gauge() const noexcept {
    constexpr int kDepthBits = 32;
    return stats::Gauge::indexed(stats::Figure::partial_slabs, links_, nil(), head_, slot_bits_)
        .field(kDepthBits, kDepthBits);
  }
  void add_pops(stats::Gauges& gauges) const noexcept {
    const int slot_bits = static_cast<int>(slot_bits_);
    gauges.add(stats::Gauge::of(stats::Figure::allocations, head_).field(slot_bits, 64 - slot_bits))
        .add(stats::Gauge::of(stats::Figure::allocations, wraps_, static_cast<std::int64_t>(tag_mask_ + 1)));
  }

 private:
  static constexpr std::uint32_t kOut = ~std::uint32_t{0};
  static constexpr std::uint32_t kHeld = kOut - 1;

  struct Link {
    SlotIndex next;
    std::uint32_t depth;  // of the stack from here on down; 0 in stock
  };

  SlotIndex nil() const noexcept { return static_cast<SlotIndex>((std::uint64_t{1} << slot_bits_) - 1); }
  SlotIndex slot_of(std::uint64_t head) const noexcept { return static_cast<SlotIndex>(head) & nil(); }
  std::uint64_t tag_of(std::uint64_t head) const noexcept { return head >> slot_bits_; }
  SlotIndex circulating() const noexcept {
    return static_cast<SlotIndex>(circulating_.load(std::memory_order_acquire));
  }

  Link read(SlotIndex slot) const noexcept {
    const std::uint64_t word = links_[slot].load(std::memory_order_relaxed);
    return {static_cast<SlotIndex>(word), static_cast<std::uint32_t>(word >> 32)};
  }
  void write(SlotIndex slot, Link link) noexcept {
    links_[slot].store(std::uint64_t{link.depth} << 32 | link.next, std::memory_order_relaxed);
  }
  SlotIndex below(SlotIndex first, std::uint32_t depth, SlotIndex steps) const noexcept;
  std::uint32_t depth_at(std::uint64_t head) const noexcept {
    const SlotIndex slot = slot_of(head);
    return slot == nil() ? 0 : read(slot).depth;
  }

  // Puts `top` in place of what `head` names, when nobody was faster; else `head` is what others made of it.
  bool swing(std::uint64_t& head, SlotIndex top, SlotIndex popped) noexcept {
    const std::uint64_t tag = (tag_of(head) + popped) & tag_mask_;
    if (!head_.compare_exchange_weak(head, tag << slot_bits_ | top, std::memory_order_acq_rel,
                                     std::memory_order_acquire)) [[unlikely]]
      return false;
    if (tag < popped) [[unlikely]]
      wraps_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  unsigned slot_bits_;
  std::uint64_t tag_mask_;
  Word* links_;
  Word circulating_{0};
  Word wraps_{0};  // of the tag
  alignas(kCacheLine) Word head_;
};

// The slot `steps` below `first`. While others pop, links may lead anywhere; then the depths do not fall one
// by one, and any answer will do, since the head has changed.
template <class Word>
SlotIndex TaggedStack<Word>::below(SlotIndex first, std::uint32_t depth, SlotIndex steps) const noexcept {
  SlotIndex slot = first;
  for (; steps != 0 && slot != nil(); --steps, --depth) {
    const Link link = read(slot);
    if (link.depth != depth) break;
    slot = link.next;
  }
  return slot;
}

template <class Word>
template <class Take>
auto TaggedStack<Word>::pop_many(SlotIndex count, Take take) noexcept -> Popped {
  std::uint64_t head = head_.load(std::memory_order_acquire);
  for (;;) {
    const SlotIndex first = slot_of(head);
    if (first == nil()) return {kNoSlot, 0};
    const SlotIndex depth = read(first).depth;
    const SlotIndex wanted = count < depth ? count : depth;
    const SlotIndex out = circulating() - depth + wanted;
    const SlotIndex next = below(first, depth, wanted);
    if (!swing(head, next, wanted)) continue;
    SlotIndex slot = first;
    for (SlotIndex i = 0; i < wanted; ++i) {
      const SlotIndex under = read(slot).next;
      write(slot, {.next = 0, .depth = kOut});
      take(slot);
      slot = under;
    }
    return {first, out};
  }
}

template <class Word>
template <class SlotAt>
void TaggedStack<Word>::push_many(SlotIndex count, SlotAt slot_at) noexcept {
  if (count == 0) return;
  std::uint64_t head = head_.load(std::memory_order_acquire);
  do {
    Link link{.next = slot_of(head), .depth = depth_at(head) + 1};
    for (SlotIndex i = count; i-- > 0; ++link.depth) {
      write(slot_at(i), link);
      link.next = slot_at(i);
    }
  } while (!swing(head, slot_at(0), 0));
}

template <class Word>
SlotIndex TaggedStack<Word>::out() const noexcept {
  constexpr int kTries = 100;  // others never rest: any recent value will do
  for (int i = 0;; ++i) {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    const SlotIndex all = circulating(), depth = depth_at(head);
    if (head_.load(std::memory_order_acquire) == head) return all - depth;
    if (i == kTries) return depth < all ? all - depth : 0;
  }
}

template <class Word>
std::uint64_t TaggedStack<Word>::pops() const noexcept {
  const std::uint64_t wraps = wraps_.load(std::memory_order_relaxed);
  return wraps * (tag_mask_ + 1) + tag_of(head_.load(std::memory_order_acquire));
}

}  // namespace cenote
