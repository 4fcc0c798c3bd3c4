/// The free blocks of a PoolManager: one list a size, in an order that finds the next larger size that has
/// any.
///
/// A size is read in digits of six bits, from the top. Sizes of the same number of digits share a tree with a
/// node a prefix: branches with 64 children, leaves with the lists of 64 neighbouring sizes. Each node has a
/// bit for every slot below which there is a free block, so the next one is found by counting zeros.
///
///     trees_[1]:  sizes 64 .. 4095          branch   [ 1 . . 23 . . ]          1500 = 23:28
///                                                        |
///                                           leaf     [ . . 28 . ]  --> block --> block
///
/// Two steps for sizes below 4 KiB, 4 below 16 MiB. A leaf takes 1.1 KiB, a branch half of that. Nodes stay
/// while a block of their sizes is in use or free.
///
/// Invariants  a bit is set exactly when the list, or any list below the child, has a block. `users` of a
///             leaf: its blocks, in use and free; of a branch: its children. Both above 0.
/// Threads     none of its own: the owner's lock.
/// Source      bitmaps per node: the Linux kernel's radix tree (lib/radix-tree.c), whose tags work the same
///             way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/size_classes.hpp>
#include <cenote/heap.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

// What a PoolManager keeps in front of each block, and of each table of its own, so that everything its heap
// gives starts with one.
//
//     start                    start + 16
//     | size | link | (pad)    | the user's bytes, `size` of them
//     link    1: in use    2: the manager's own    else free: the next free block of the size, 0 for none
//
// A write after the free does not reach the links, as it would where links lie in the freed bytes.

namespace cenote {

struct alignas(kBlockAlignment) ManagedBlock {
  static constexpr std::uintptr_t kInUse = 1, kOwn = 2;

  std::size_t size = 0;
  std::uintptr_t link = kOwn;

  bool is_free() const noexcept { return link != kInUse && link != kOwn; }
  ManagedBlock* next_free() const noexcept { return reinterpret_cast<ManagedBlock*>(link); }
  void link_to(const ManagedBlock* next) noexcept { link = reinterpret_cast<std::uintptr_t>(next); }

  Block user_block() noexcept { return {reinterpret_cast<std::byte*>(this + 1), size}; }
  /// Where the header would be if `user` were a block's first byte. It need not be anything: an address, not
  /// to be followed unchecked.
  static ManagedBlock* before(const std::byte* user) noexcept {
    return reinterpret_cast<ManagedBlock*>(reinterpret_cast<std::uintptr_t>(user) - sizeof(ManagedBlock));
  }
};

static_assert(sizeof(ManagedBlock) == kBlockAlignment, "blocks stay aligned as malloc's");
static_assert(alignof(std::max_align_t) <= kBlockAlignment);

class SizeGroups {
 public:
  /// Nodes come from `heap`, which outlives this and frees what is left.
  explicit SizeGroups(Heap& heap) noexcept : heap_{heap} {}
  SizeGroups(const SizeGroups&) = delete;
  SizeGroups& operator=(const SizeGroups&) = delete;

  /// Sizes are 1 to PTRDIFF_MAX in all of these.

  /// Announces `count` more blocks of a size. Errors: those of the heap, which then gave no node; nothing has
  /// changed.
  Result<void> open(std::size_t size, std::size_t count) noexcept;
  /// The reverse: `count` blocks of the size, none of them free here, are no more.
  void close(std::size_t size, std::size_t count) noexcept;

  /// Takes in a free block, announced before.
  void push(ManagedBlock& block) noexcept;
  /// A free block of exactly this size, the last pushed first; null when there is none. Its link is the
  /// caller's.
  ManagedBlock* pop(std::size_t size) noexcept;
  /// One of the smallest size between `min` and `max`.
  ManagedBlock* pop_between(std::size_t min, std::size_t max) noexcept;

  std::size_t available(std::size_t size) const noexcept;

  /// Nodes there are. O(nodes), as the next.
  std::size_t nodes() const noexcept;
  void check_invariants() const noexcept;

 private:
  static constexpr unsigned kDigitBits = 6, kSlots = 64, kTrees = 11;

  struct Node {
    ManagedBlock header{};
    Node* parent = nullptr;
    unsigned slot = 0;  // in the parent; of a root: in trees_, which is also its level
    std::size_t users = 0;
    std::uint64_t with_free = 0;  // bit s: slot s
  };
  struct Branch : Node {
    std::array<Node*, kSlots> children{};
  };
  struct Group {
    ManagedBlock* top = nullptr;
    std::size_t count = 0;
  };
  struct Leaf : Node {
    std::array<Group, kSlots> groups{};
  };
  /// A slot of a node, `level` levels above the leaves.
  struct Place {
    Node* node = nullptr;
    unsigned slot = 0;
    unsigned level = 0;
  };

  static unsigned level_of(std::size_t size) noexcept;
  static unsigned digit(std::size_t size, unsigned level) noexcept {
    return static_cast<unsigned>(size >> (level * kDigitBits)) % kSlots;
  }
  static Node*& child(Node& branch, unsigned slot) noexcept {
    return static_cast<Branch&>(branch).children[slot];
  }

  Leaf* leaf_of(std::size_t size) const noexcept;
  Place first_from(std::size_t min) const noexcept;
  static Place lowest_below(Place place) noexcept;
  Result<Node*> make_node(unsigned level, Node* parent, unsigned slot) noexcept;
  void prune(Node* node) noexcept;
  ManagedBlock* pop_at(Leaf& leaf, unsigned slot) noexcept;
  void note_free(Node* node, unsigned slot) noexcept;
  void note_empty(Node* node, unsigned slot) noexcept;

  static std::size_t nodes_below(Node& node, unsigned level) noexcept;
  static void check_node(Node& node, unsigned level, std::size_t prefix) noexcept;
  static void check_leaf(Leaf& leaf, std::size_t prefix) noexcept;

  Heap& heap_;
  std::array<Node*, kTrees> trees_{};
  std::uint64_t trees_with_free_ = 0;  // bit t: trees_[t]
};

}  // namespace cenote
