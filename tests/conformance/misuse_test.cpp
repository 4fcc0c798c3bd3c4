#include <array>

#include "conformance/subjects.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"
#include "support/threads.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(PoolConformance, AllPools);

constexpr std::array kKindsOfSize{std::size_t{24}, 5 * kKiB, 40 * kKiB, 100 * kKiB, 2 * kMiB};

/// The pool is unharmed: blocks of all kinds come, keep their bytes, and go.
template <class Pool>
void expect_unharmed(Pool& pool) {
  for (const std::size_t size : kKindsOfSize) {
    void* const first = pool.allocate(size);
    void* const second = pool.allocate(size);
    ASSERT_NE(first, second);
    fill_pattern(first, size, 1);
    fill_pattern(second, size, 2);
    EXPECT_TRUE(holds_pattern(first, size, 1));
    EXPECT_TRUE(pool.try_deallocate(first));
    EXPECT_TRUE(holds_pattern(second, size, 2));
    EXPECT_TRUE(pool.try_deallocate(second));
  }
}

TYPED_TEST(PoolConformance, FreeingNothingIsRight) {
  const MisuseRecorder recorder;
  this->pool.deallocate(nullptr);
  this->pool.deallocate(nullptr, 16);
  EXPECT_TRUE(this->pool.try_deallocate(nullptr));
  EXPECT_EQ(this->pool.usable_size(nullptr), 0U);
}

TYPED_TEST(PoolConformance, ASecondFreeIsADoubleFree) {
  if constexpr (TypeParam::detects_double_free) {
    this->pool.trim();
    for (const std::size_t size : kKindsOfSize) {
      void* const neighbour = this->pool.allocate(size);
      void* const block = this->pool.allocate(size);
      EXPECT_TRUE(this->pool.try_deallocate(block));
      EXPECT_EQ(this->pool.try_deallocate(block).error(), AllocError::double_free) << size;
      EXPECT_EQ(this->pool.try_deallocate(block).error(), AllocError::double_free) << size;
      this->pool.deallocate(neighbour);
    }
    expect_unharmed(this->pool);
  }
}

TYPED_TEST(PoolConformance, ADoubleFreeIsFoundAfterTheWholeSlabCameHome) {
  if constexpr (TypeParam::detects_double_free) {
    void* const block = this->pool.allocate(48);
    this->pool.deallocate(block);
    this->pool.trim();
    EXPECT_EQ(this->pool.try_deallocate(block).error(), AllocError::double_free);
    expect_unharmed(this->pool);
  }
}

TYPED_TEST(PoolConformance, ADoubleFreeIsFoundOnAnotherThread) {
  if constexpr (TypeParam::detects_double_free) {
    for (const std::size_t size : kKindsOfSize) {
      void* const block = this->pool.allocate(size);
      this->pool.deallocate(block);
      Thread{[&] {
        EXPECT_EQ(this->pool.try_deallocate(block).error(), AllocError::double_free) << size;
      }}.join();
    }
    expect_unharmed(this->pool);
  }
}

TYPED_TEST(PoolConformance, AResizeOfAFreedBlockIsADoubleFree) {
  if constexpr (TypeParam::detects_double_free) {
    void* const block = this->pool.allocate(48);
    this->pool.deallocate(block);
    EXPECT_EQ(this->pool.try_reallocate(block, 4000).error(), AllocError::double_free);
  }
}

TYPED_TEST(PoolConformance, APointerIntoABlockIsForeign) {
  if constexpr (TypeParam::detects_double_free) {
    for (const std::size_t size : kKindsOfSize) {
      auto* const block = static_cast<std::byte*>(this->pool.allocate(size));
      for (const std::size_t offset : {std::size_t{1}, std::size_t{8}, std::size_t{16}, size / 2, size - 1}) {
        EXPECT_EQ(this->pool.try_deallocate(block + offset).error(), AllocError::foreign_block)
            << size << '+' << offset;
      }
      EXPECT_TRUE(this->pool.try_deallocate(block));
    }
    expect_unharmed(this->pool);
  }
}

TYPED_TEST(PoolConformance, WhatNoPoolGaveIsForeign) {
  int on_stack = 0;
  static int in_data = 0;
  for (void* const stranger :
       {static_cast<void*>(&on_stack), static_cast<void*>(&in_data),
        reinterpret_cast<void*>(std::uintptr_t{16}), reinterpret_cast<void*>(~std::uintptr_t{15})}) {
    EXPECT_EQ(this->pool.try_deallocate(stranger).error(), AllocError::foreign_block);
    EXPECT_EQ(this->pool.try_reallocate(stranger, 100).error(), AllocError::foreign_block);
    EXPECT_EQ(this->pool.usable_size(stranger), 0U);
    EXPECT_FALSE(this->pool.owns(stranger));
  }
  expect_unharmed(this->pool);
}

TYPED_TEST(PoolConformance, ABlockOfAnotherPoolIsForeign) {
  Heap other{{.name = "other"}};
  for (const std::size_t size : kKindsOfSize) {
    void* const block = other.allocate(size);
    EXPECT_FALSE(this->pool.owns(block));
    EXPECT_EQ(this->pool.try_deallocate(block).error(), AllocError::foreign_block);
    EXPECT_TRUE(other.try_deallocate(block));
  }
  expect_unharmed(this->pool);
}

TYPED_TEST(PoolConformance, AWrongFreeReachesTheHandlerWithErrorAddressAndName) {
  MisuseRecorder recorder;
  int on_stack = 0;
  this->pool.deallocate(&on_stack);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::foreign_block);
  EXPECT_EQ(records[0].address, &on_stack);
  EXPECT_EQ(records[0].pool, TypeParam::pool_name);
}

TYPED_TEST(PoolConformance, AWrongSizeReachesTheHandlerAndTheBlockStays) {
  MisuseRecorder recorder;
  for (const std::size_t size : kKindsOfSize) {
    void* const block = this->pool.allocate(size);
    fill_pattern(block, size, 3);
    for (const std::size_t wrong : {size * 2, size * 4, std::size_t{0}}) {
      this->pool.deallocate(block, wrong);
      const auto records = recorder.take();
      ASSERT_EQ(records.size(), 1U) << size << " as " << wrong;
      EXPECT_EQ(records[0].error, AllocError::size_mismatch);
      EXPECT_EQ(records[0].address, block);
    }
    EXPECT_TRUE(holds_pattern(block, size, 3));
    this->pool.deallocate(block, size);
    EXPECT_TRUE(recorder.take().empty()) << size;
  }
  expect_unharmed(this->pool);
}

// A pool that keeps nothing beside its blocks cannot tell a small block from a smaller one that asked for
// more alignment.
TYPED_TEST(PoolConformance, ASmallerSizeIsAMismatchToo) {
  if constexpr (TypeParam::detects_double_free) {
    MisuseRecorder recorder;
    for (const std::size_t size : {std::size_t{24}, std::size_t{64}, 100 * kKiB, 2 * kMiB}) {
      void* const block = this->pool.allocate(size);
      for (const std::size_t wrong : {size / 2, size / 4}) {
        this->pool.deallocate(block, wrong);
        const auto records = recorder.take();
        ASSERT_EQ(records.size(), 1U) << size << " as " << wrong;
        EXPECT_EQ(records[0].error, AllocError::size_mismatch);
      }
      this->pool.deallocate(block, size);
      EXPECT_TRUE(recorder.take().empty()) << size;
    }
  }
}

TYPED_TEST(PoolConformance, TheSizeAskedForIsAlwaysRightAtAnyAlignment) {
  MisuseRecorder recorder;
  for (const std::size_t size : edge_sizes()) {
    this->pool.deallocate(this->pool.allocate(size), size);
    EXPECT_TRUE(recorder.take().empty()) << size;
  }
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{17}, std::size_t{100}, 3 * kKiB + 1, 70 * kKiB, 2 * kMiB}) {
      this->pool.deallocate(this->pool.allocate(size, alignment), size);
      EXPECT_TRUE(recorder.take().empty()) << size << " at " << alignment;
    }
  }
}

TYPED_TEST(PoolConformance, AResizedBlockIsFreedByItsNewSize) {
  MisuseRecorder recorder;
  const std::vector<std::size_t> sizes = edge_sizes();
  void* block = this->pool.allocate(1);
  for (const std::size_t size : sizes) block = this->pool.reallocate(block, size);
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
    block = this->pool.reallocate(block, *size);
    this->pool.deallocate(block, *size);
    ASSERT_TRUE(recorder.take().empty()) << *size;
    block = this->pool.allocate(*size);
  }
  this->pool.deallocate(block);
}

TYPED_TEST(PoolConformance, OwnsEveryByteOfItsBlocks) {
  for (const std::size_t size : kKindsOfSize) {
    auto* const block = static_cast<std::byte*>(this->pool.allocate(size));
    EXPECT_TRUE(this->pool.owns(block));
    EXPECT_TRUE(this->pool.owns(block + size / 2)) << size;
    EXPECT_TRUE(this->pool.owns(block + size - 1)) << size;
    this->pool.deallocate(block);
  }
}

}  // namespace cenote::test
