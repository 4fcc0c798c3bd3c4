/// The yardsticks: what a bump costs at least, alone, behind a mutex and on an atomic cursor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "arena_under_test.hpp"

namespace cenote {

/// Memory for all blocks of a case, every page of it touched.
template <std::size_t kBytes>
class Storage {
 public:
  std::uintptr_t begin() const noexcept { return reinterpret_cast<std::uintptr_t>(bytes_.get()); }
  std::uintptr_t end() const noexcept { return begin() + kBytes; }

 private:
  std::unique_ptr<std::byte[]> bytes_{new std::byte[kBytes]()};
};

constexpr std::uintptr_t align16(std::uintptr_t at) noexcept { return (at + 15) & ~std::uintptr_t{15}; }

/// LIMIT: align, compare, store.
class BumpLimit {
 public:
  void* allocate(std::size_t size) noexcept {
    const std::uintptr_t start = align16(at_);
    if (start + size > end_) [[unlikely]]
      std::abort();
    at_ = start + size;
    return reinterpret_cast<void*>(start);
  }
  void reset() noexcept { at_ = storage_.begin(); }

  std::uintptr_t here() const noexcept { return at_; }
  void go_back(std::uintptr_t at) noexcept { at_ = at; }

 private:
  Storage<kChunk> storage_;
  std::uintptr_t at_ = storage_.begin();
  std::uintptr_t end_ = storage_.end();
};

/// The same on a cursor that threads move by compare-and-swap.
class AtomicLimit {
 public:
  void* allocate(std::size_t size) noexcept {
    std::uintptr_t at = at_.load(std::memory_order_relaxed), start = 0;
    do {
      start = align16(at);
      if (start + size > storage_.end()) [[unlikely]]
        std::abort();
    } while (!at_.compare_exchange_weak(at, start + size, std::memory_order_relaxed));
    return reinterpret_cast<void*>(start);
  }
  void reset() noexcept { at_.store(storage_.begin(), std::memory_order_relaxed); }

 private:
  Storage<2 * kChunk> storage_;
  alignas(128) std::atomic<std::uintptr_t> at_{storage_.begin()};
};

/// Any arena behind a lock.
template <class A>
class LockedArena {
 public:
  void* allocate(std::size_t size) {
    const std::lock_guard lock{mutex_};
    return arena_.allocate(size);
  }
  void reset() { arena_.reset(); }

 private:
  std::mutex mutex_;
  A arena_;  // under mutex_
};

}  // namespace cenote
