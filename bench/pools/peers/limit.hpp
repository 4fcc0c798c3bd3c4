/// The yardsticks: the list through the free blocks that every pool is compared with, and what sharing it
/// costs at least.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pool_under_test.hpp"

namespace cenote {

/// LIMIT: load the head, load the next, store the head. It checks nothing, not even whether there is a block.
class Limit {
 public:
  explicit Limit(std::size_t blocks) : storage_{new Storage[blocks]} {
    for (std::size_t i = blocks; i-- > 0;) deallocate(&storage_[i]);
  }

  void* allocate() noexcept {
    Node* const block = head_;
    head_ = block->next;
    return block;
  }
  void deallocate(void* block) noexcept { head_ = new (block) Node{head_}; }

 private:
  struct Node {
    Node* next;
  };
  struct alignas(kBlock) Storage {
    std::byte bytes[kBlock];
  };

  std::unique_ptr<Storage[]> storage_;
  Node* head_ = nullptr;
};

/// LIMIT for mixed sizes: a list for each class, 8, 16, 24, 32, ... to 64, then four a doubling, refilled by
/// cutting. A free is told the size.
class SizedLimit {
 public:
  void* allocate(std::size_t size) {
    const std::size_t index = class_of(size);
    Node* block = heads_[index];
    if (block == nullptr) [[unlikely]]
      block = cut(index);
    heads_[index] = block->next;
    return block;
  }
  void deallocate(void* block, std::size_t size) noexcept {
    Node*& head = heads_[class_of(size)];
    head = new (block) Node{head};
  }

 private:
  struct Node {
    Node* next;
  };
  static constexpr std::size_t kChunk = 64 * 1024, kClasses = 8 + 5 * 4;

  static std::size_t class_of(std::size_t size) noexcept {
    if (size <= 64) return (size - 1) / 8;
    const auto doubling = static_cast<std::size_t>(std::bit_width(size - 1)) - 7;  // 0: 65 to 128
    return 8 + doubling * 4 + ((size - 1) >> (doubling + 4)) - 4;
  }
  static std::size_t size_of(std::size_t index) noexcept {
    if (index < 8) return 8 * (index + 1);
    const std::size_t doubling = (index - 8) / 4;
    return ((index - 8) % 4 + 5) << (doubling + 4);
  }
  Node* cut(std::size_t index) {
    const std::size_t size = size_of(index);
    chunks_.emplace_back(new std::byte[kChunk]);
    Node* head = nullptr;
    for (std::size_t at = kChunk / size; at-- > 0;) head = new (chunks_.back().get() + at * size) Node{head};
    return head;
  }

  std::array<Node*, kClasses> heads_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
};

/// The stack of free indices that our pools are made of, without what they add: checks, growth, statistics.
class IndexStack {
 public:
  explicit IndexStack(std::size_t blocks) : storage_{new Storage[blocks]}, free_{new std::uint32_t[blocks]} {
    for (std::size_t i = blocks; i-- > 0;) deallocate(&storage_[i]);
  }

  void* allocate() noexcept { return &storage_[free_[--size_]]; }
  void deallocate(void* block) noexcept {
    free_[size_++] = static_cast<std::uint32_t>(static_cast<Storage*>(block) - storage_.get());
  }

 private:
  struct alignas(kBlock) Storage {
    std::byte bytes[kBlock];
  };

  std::unique_ptr<Storage[]> storage_;
  std::unique_ptr<std::uint32_t[]> free_;
  std::size_t size_ = 0;
};

/// The same as LIMIT behind a lock.
class LockedLimit {
 public:
  explicit LockedLimit(std::size_t blocks) : limit_{blocks} {}

  void* allocate() noexcept {
    const std::lock_guard lock{mutex_};
    return limit_.allocate();
  }
  void deallocate(void* block) noexcept {
    const std::lock_guard lock{mutex_};
    limit_.deallocate(block);
  }

 private:
  std::mutex mutex_;
  Limit limit_;  // under mutex_
};

/// What a list costs at least that threads share without a lock: one compare-and-swap of index and tag a
/// call. It checks nothing.
class CasStack {
 public:
  explicit CasStack(std::size_t blocks)
      : storage_{new Storage[blocks]}, next_{new std::atomic<std::uint32_t>[blocks + 1]} {
    for (std::size_t i = blocks; i-- > 0;) deallocate(&storage_[i]);
  }

  void* allocate() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    std::uint64_t below = 0;
    do {
      below = next_[index_of(head)].load(std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, (head & kTag) + kTagStep + below, std::memory_order_acquire));
    return &storage_[index_of(head) - 1];
  }
  void deallocate(void* block) noexcept {
    const auto index = static_cast<std::uint64_t>(static_cast<Storage*>(block) - storage_.get()) + 1;
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      next_[index].store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, (head & kTag) + index, std::memory_order_release,
                                          std::memory_order_relaxed));
  }

 private:
  static constexpr std::uint64_t kTagStep = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kTag = ~(kTagStep - 1);
  struct alignas(kBlock) Storage {
    std::byte bytes[kBlock];
  };
  static std::uint64_t index_of(std::uint64_t head) noexcept { return static_cast<std::uint32_t>(head); }

  std::unique_ptr<Storage[]> storage_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> next_;  // index of the block below, 0 for none
  alignas(128) std::atomic<std::uint64_t> head_{0};     // tag, index
};

}  // namespace cenote
