// Trees: perfect binary trees that come and go beside one that stays, a treap that rotates as keys enter and
// leave, and a ternary search tree of words. Nothing but small nodes, freed in tree order.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

struct Plain {
  std::unique_ptr<Plain> left, right;
  std::uint64_t count() const { return 1 + (left ? left->count() + right->count() : 0); }
};

std::unique_ptr<Plain> perfect(int depth) {
  auto node = std::make_unique<Plain>();
  if (depth > 0) {
    node->left = perfect(depth - 1);
    node->right = perfect(depth - 1);
  }
  return node;
}

struct Treap {
  std::uint64_t key, priority, payload;
  std::unique_ptr<Treap> left, right;
};
using TreapLink = std::unique_ptr<Treap>;

void rotate(TreapLink& root, TreapLink Treap::*child, TreapLink Treap::*inner) {
  TreapLink top = std::move((*root).*child);
  (*root).*child = std::move((*top).*inner);
  (*top).*inner = std::move(root);
  root = std::move(top);
}

void insert(TreapLink& root, std::uint64_t key, std::uint64_t priority) {
  if (!root) {
    root = std::make_unique<Treap>(Treap{key, priority, key * 3, nullptr, nullptr});
  } else if (key < root->key) {
    insert(root->left, key, priority);
    if (root->left->priority < root->priority) rotate(root, &Treap::left, &Treap::right);
  } else if (key > root->key) {
    insert(root->right, key, priority);
    if (root->right->priority < root->priority) rotate(root, &Treap::right, &Treap::left);
  }
}

void erase(TreapLink& root, std::uint64_t key, Checksum& checksum) {
  if (!root) return;
  if (key != root->key) return erase(key < root->key ? root->left : root->right, key, checksum);
  if (root->left && root->right) {
    const bool left_up = root->left->priority < root->right->priority;
    left_up ? rotate(root, &Treap::left, &Treap::right) : rotate(root, &Treap::right, &Treap::left);
    return erase(left_up ? root->right : root->left, key, checksum);
  }
  checksum.add(root->payload);
  root = std::move(root->left ? root->left : root->right);
}

struct Ternary {
  char letter;
  std::uint32_t words_ending = 0;
  std::unique_ptr<Ternary> lower, equal, higher;
};

void insert(std::unique_ptr<Ternary>& root, std::string_view word) {
  if (!root) {
    root = std::make_unique<Ternary>();
    root->letter = word.front();
  }
  if (word.front() < root->letter) return insert(root->lower, word);
  if (word.front() > root->letter) return insert(root->higher, word);
  if (word.size() == 1) return void(++root->words_ending);
  insert(root->equal, word.substr(1));
}

std::uint64_t words(const Ternary* root) {
  if (root == nullptr) return 0;
  return root->words_ending * 7 + 3 * words(root->lower.get()) + words(root->equal.get()) +
         words(root->higher.get());
}

void binary_trees(Checksum& checksum) {
  const auto stays = perfect(19);
  for (int depth = 4; depth <= 16; depth += 2) {
    for (int i = 0; i < 1 << (19 - depth); ++i) checksum.add(perfect(depth)->count());
  }
  checksum.add(stays->count());
}

void treaps(Checksum& checksum) {
  Random random(7);
  TreapLink root;
  for (int i = 0; i < 450'000; ++i) {
    insert(root, random.below(300'000), random.next());
    if (i > 150'000) erase(root, random.below(300'000), checksum);
  }
}

void ternary_trees(Checksum& checksum) {
  Random random(8);
  std::unique_ptr<Ternary> root;
  std::string word;
  for (int i = 0; i < 150'000; ++i) {
    word.clear();
    const std::uint64_t length = random.between(3, 12);
    for (std::uint64_t k = 0; k < length; ++k)
      word += static_cast<char>('a' + random.below(26) * random.below(26) / 26);
    insert(root, word);
  }
  checksum.add(words(root.get()));
}

}  // namespace
}  // namespace cenote

int main() {
  cenote::Checksum checksum;
  cenote::binary_trees(checksum);
  cenote::treaps(checksum);
  cenote::ternary_trees(checksum);
  cenote::report_checksum(checksum.value());
}
