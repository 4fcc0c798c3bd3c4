/// The yardsticks: the list through the free blocks that every pool is compared with, and what sharing it costs at least.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

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

/// What a list costs at least that threads share without a lock: one compare-and-swap of index and tag a call. It checks nothing.
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
