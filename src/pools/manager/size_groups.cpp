#include "pools/manager/size_groups.hpp"

#include <bit>
#include <memory>

#include <cenote/detail/check.hpp>

namespace cenote {
namespace {

constexpr std::uint64_t bit(unsigned slot) noexcept { return std::uint64_t{1} << slot; }

/// The bits above `slot`, up to 63.
constexpr std::uint64_t above(unsigned slot) noexcept { return ~std::uint64_t{0} << slot << 1; }
static_assert(above(0) == ~std::uint64_t{1} && above(63) == 0);

unsigned lowest(std::uint64_t bits) noexcept { return static_cast<unsigned>(std::countr_zero(bits)); }

}  // namespace

unsigned SizeGroups::level_of(std::size_t size) noexcept {
  return (static_cast<unsigned>(std::bit_width(size)) - 1) / kDigitBits;
}

SizeGroups::Leaf* SizeGroups::leaf_of(std::size_t size) const noexcept {
  unsigned level = level_of(size);
  Node* node = trees_[level];
  for (; node != nullptr && level != 0; --level) node = child(*node, digit(size, level));
  return static_cast<Leaf*>(node);
}

Result<void> SizeGroups::open(std::size_t size, std::size_t count) noexcept {
  unsigned level = level_of(size), slot = level;
  Node* parent = nullptr;
  for (Node** at = &trees_[level];; at = &child(*parent, slot), --level) {
    if (*at == nullptr) {
      const Result<Node*> node = make_node(level, parent, slot);
      if (!node) return prune(parent), node.error();
      *at = *node;
    }
    if (level == 0) {
      (*at)->users += count;
      return {};
    }
    parent = *at;
    slot = digit(size, level);
  }
}

void SizeGroups::close(std::size_t size, std::size_t count) noexcept {
  Leaf* const leaf = leaf_of(size);
  leaf->users -= count;
  prune(leaf);
}

Result<SizeGroups::Node*> SizeGroups::make_node(unsigned level, Node* parent, unsigned slot) noexcept {
  const Result<void*> memory = heap_.try_allocate(level == 0 ? sizeof(Leaf) : sizeof(Branch));
  if (!memory) return memory.error();
  Node* const node = level == 0 ? static_cast<Node*>(std::construct_at(static_cast<Leaf*>(*memory)))
                                : std::construct_at(static_cast<Branch*>(*memory));
  node->parent = parent;
  node->slot = slot;
  if (parent != nullptr) ++parent->users;
  return node;
}

// Frees `node` and what is above it, up to the first that is still needed.
void SizeGroups::prune(Node* node) noexcept {
  while (node != nullptr && node->users == 0) {
    Node* const parent = node->parent;
    if (parent != nullptr) {
      child(*parent, node->slot) = nullptr;
      --parent->users;
    } else {
      trees_[node->slot] = nullptr;
    }
    heap_.deallocate(node);
    node = parent;
  }
}

void SizeGroups::push(ManagedBlock& block) noexcept {
  Leaf& leaf = *leaf_of(block.size);
  const unsigned slot = digit(block.size, 0);
  Group& group = leaf.groups[slot];
  block.link_to(group.top);
  group.top = &block;
  if (group.count++ == 0) note_free(&leaf, slot);
}

ManagedBlock* SizeGroups::pop(std::size_t size) noexcept {
  Leaf* const leaf = leaf_of(size);
  return leaf == nullptr ? nullptr : pop_at(*leaf, digit(size, 0));
}

ManagedBlock* SizeGroups::pop_between(std::size_t min, std::size_t max) noexcept {
  const Place found = first_from(min);
  if (found.node == nullptr) return nullptr;
  Leaf& leaf = static_cast<Leaf&>(*found.node);
  return leaf.groups[found.slot].top->size <= max ? pop_at(leaf, found.slot) : nullptr;
}

ManagedBlock* SizeGroups::pop_at(Leaf& leaf, unsigned slot) noexcept {
  Group& group = leaf.groups[slot];
  ManagedBlock* const block = group.top;
  if (block == nullptr) return nullptr;
  group.top = block->next_free();
  if (--group.count == 0) note_empty(&leaf, slot);
  return block;
}

// A node's bit is set in its parent while the node has any: most calls end at the leaf.
void SizeGroups::note_free(Node* node, unsigned slot) noexcept {
  for (; node != nullptr; slot = node->slot, node = node->parent) {
    const bool had_any = node->with_free != 0;
    node->with_free |= bit(slot);
    if (had_any) return;
  }
  trees_with_free_ |= bit(slot);
}

void SizeGroups::note_empty(Node* node, unsigned slot) noexcept {
  for (; node != nullptr; slot = node->slot, node = node->parent) {
    node->with_free &= ~bit(slot);
    if (node->with_free != 0) return;
  }
  trees_with_free_ &= ~bit(slot);
}

// Down along the digits of `min`, remembering the last place where the way forks to something larger.
SizeGroups::Place SizeGroups::first_from(std::size_t min) const noexcept {
  unsigned level = level_of(min);
  Place larger{};
  if (const std::uint64_t trees = trees_with_free_ & above(level); trees != 0) {
    Node* const root = trees_[lowest(trees)];
    larger = {root, lowest(root->with_free), root->slot};
  }
  for (Node* node = trees_[level]; node != nullptr; --level) {
    const unsigned slot = digit(min, level);
    if (const std::uint64_t rest = node->with_free & above(slot); rest != 0) {
      larger = {node, lowest(rest), level};
    }
    if ((node->with_free & bit(slot)) == 0) break;
    if (level == 0) return {node, slot, 0};
    node = child(*node, slot);
  }
  return lowest_below(larger);
}

SizeGroups::Place SizeGroups::lowest_below(Place place) noexcept {
  for (; place.level != 0; --place.level) {
    place.node = child(*place.node, place.slot);
    place.slot = lowest(place.node->with_free);
  }
  return place;
}

std::size_t SizeGroups::available(std::size_t size) const noexcept {
  const Leaf* const leaf = leaf_of(size);
  return leaf == nullptr ? 0 : leaf->groups[digit(size, 0)].count;
}

std::size_t SizeGroups::nodes_below(Node& node, unsigned level) noexcept {
  std::size_t count = 1;
  for (unsigned slot = 0; level != 0 && slot < kSlots; ++slot) {
    if (Node* const below = child(node, slot)) count += nodes_below(*below, level - 1);
  }
  return count;
}

std::size_t SizeGroups::nodes() const noexcept {
  std::size_t count = 0;
  for (unsigned tree = 0; tree < kTrees; ++tree) {
    if (trees_[tree] != nullptr) count += nodes_below(*trees_[tree], tree);
  }
  return count;
}

void SizeGroups::check_invariants() const noexcept {
  for (unsigned tree = 0; tree < kTrees; ++tree) {
    Node* const root = trees_[tree];
    const bool any = root != nullptr && root->with_free != 0;
    CENOTE_CHECK(any == ((trees_with_free_ & bit(tree)) != 0), "a tree's bit is wrong");
    if (root == nullptr) continue;
    CENOTE_CHECK(root->parent == nullptr && root->slot == tree, "a root is in the wrong place");
    check_node(*root, tree, 0);
  }
}

void SizeGroups::check_node(Node& node, unsigned level, std::size_t prefix) noexcept {
  CENOTE_CHECK(node.users != 0 && node.header.link == ManagedBlock::kOwn, "a node without users, or no node");
  if (level == 0) return check_leaf(static_cast<Leaf&>(node), prefix);
  std::size_t children = 0;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    Node* const below = child(node, slot);
    const bool any = below != nullptr && below->with_free != 0;
    CENOTE_CHECK(any == ((node.with_free & bit(slot)) != 0), "a branch's bit is wrong");
    if (below == nullptr) continue;
    ++children;
    CENOTE_CHECK(below->parent == &node && below->slot == slot, "a node is in the wrong place");
    check_node(*below, level - 1, prefix * kSlots + slot);
  }
  CENOTE_CHECK(children == node.users, "a branch has lost count of its children");
}

void SizeGroups::check_leaf(Leaf& leaf, std::size_t prefix) noexcept {
  std::size_t free_blocks = 0;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const Group& group = leaf.groups[slot];
    std::size_t length = 0;
    for (const ManagedBlock* block = group.top; block != nullptr; block = block->next_free(), ++length) {
      CENOTE_CHECK(block->is_free() && block->size == prefix * kSlots + slot, "a block in the wrong list");
    }
    CENOTE_CHECK(length == group.count, "a list has lost count of its blocks");
    CENOTE_CHECK((length != 0) == ((leaf.with_free & bit(slot)) != 0), "a list's bit is wrong");
    free_blocks += length;
  }
  CENOTE_CHECK(free_blocks <= leaf.users, "more blocks are free than there are");
}

}  // namespace cenote
