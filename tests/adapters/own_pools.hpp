/// Pools as a user might write them, one of each kind that the adapters know: they count, and look at what
/// they are given.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <new>
#include <utility>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

#include "support/threads.hpp"

namespace cenote::test {

/// Any size; knows every block that is in use, and fails at will.
class OwnHeap {
 public:
  OwnHeap() = default;
  OwnHeap(const OwnHeap&) = delete;
  OwnHeap& operator=(const OwnHeap&) = delete;
  ~OwnHeap() { EXPECT_EQ(in_use(), 0U); }

  Result<void*> try_allocate(std::size_t bytes, std::size_t alignment) noexcept {
    EXPECT_NE(bytes, 0U);
    if (blocks_max != 0 && in_use() >= blocks_max) return AllocError::exhausted;
    if (bytes > PTRDIFF_MAX) return AllocError::too_large;
    void* const block = ::operator new (bytes, std::align_val_t{alignment});
    const MutexGuard guard{mutex_};
    live_[block] = alignment;
    last_bytes = bytes;
    return block;
  }

  void deallocate(void* block) noexcept {
    const MutexGuard guard{mutex_};
    const auto found = live_.find(block);
    ASSERT_NE(found, live_.end()) << "not a block of this pool";
    ::operator delete (block, std::align_val_t{found->second});
    live_.erase(found);
  }

  std::size_t in_use() const {
    const MutexGuard guard{mutex_};
    return live_.size();
  }
  bool owns(const void* block) const {
    const MutexGuard guard{mutex_};
    return live_.contains(const_cast<void*>(block));
  }

  std::size_t blocks_max = 0;  ///< 0: as many as there are
  std::size_t last_bytes = 0;

 private:
  mutable Mutex mutex_;
  std::map<void*, std::size_t> live_;  // under mutex_
};

/// One block, which it takes back.
template <class Given>
class OwnEqualPool {
 public:
  explicit OwnEqualPool(Given block) : block_{block} {}

  Result<Given> try_allocate() noexcept {
    if (std::exchange(taken_, true)) return AllocError::exhausted;
    return block_;
  }
  void deallocate(Given block) noexcept {
    EXPECT_TRUE(taken_);
    if constexpr (requires { block.size(); }) {
      EXPECT_EQ(block.size(), block_.size());
    }
    taken_ = false;
  }
  std::size_t in_use() const noexcept { return taken_ ? 1 : 0; }
  std::size_t block_size() const noexcept requires requires(Given g) { g.size(); }
  { return block_.size(); }
  std::size_t alignment() const noexcept { return 8; }

 private:
  Given block_;
  bool taken_ = false;
};

/// Forgets all at once.
class OwnArena {
 public:
  Result<void*> try_allocate(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t start = align_up(used_, alignment);
    if (bytes > sizeof bytes_ - start) return AllocError::exhausted;
    used_ = start + bytes;
    return bytes_ + start;
  }
  void reset() noexcept { used_ = 0; }
  std::size_t used() const noexcept { return used_; }

 private:
  alignas(64) std::byte bytes_[4096];
  std::size_t used_ = 0;
};

/// Hands out blocks with their sizes, and wants the sizes back.
class OwnExactPool {
 public:
  Result<Block> try_allocate_fixed(std::size_t bytes) noexcept {
    auto* const start = static_cast<std::byte*>(::operator new(bytes));
    live_[start] = bytes;
    return Block{start, bytes};
  }
  void deallocate(Block block) noexcept {
    const auto found = live_.find(block.data());
    ASSERT_NE(found, live_.end());
    EXPECT_EQ(found->second, block.size());
    ::operator delete(block.data());
    live_.erase(found);
  }
  std::size_t in_use() const { return live_.size(); }

 private:
  std::map<std::byte*, std::size_t> live_;
};

}  // namespace cenote::test
