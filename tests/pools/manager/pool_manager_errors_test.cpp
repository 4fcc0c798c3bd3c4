// Every error that a PoolManager knows, and what it says to its log.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>

#include "support/misuse_recorder.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kTooLarge = std::size_t{PTRDIFF_MAX} + 1;

AllocError error_of(PoolManager& manager, std::size_t min, std::size_t max) {
  return manager.try_allocate_between(min, max).error();
}

TEST(PoolManagerErrors, ZeroSize) {
  PoolManager manager;
  EXPECT_EQ(manager.try_allocate_fixed(0).error(), AllocError::zero_size);
  EXPECT_EQ(error_of(manager, 0, 100), AllocError::zero_size);
  EXPECT_EQ(error_of(manager, 0, 0), AllocError::zero_size);
  EXPECT_EQ(manager.prepopulate(0, 1).error(), AllocError::zero_size);
  EXPECT_EQ(manager.prepopulate(0, 0).error(), AllocError::zero_size);
}

TEST(PoolManagerErrors, TooLarge) {
  PoolManager manager;
  for (const std::size_t size : {kTooLarge, SIZE_MAX - 16, SIZE_MAX - 15, SIZE_MAX}) {
    EXPECT_EQ(manager.try_allocate_fixed(size).error(), AllocError::too_large);
    EXPECT_EQ(error_of(manager, size, SIZE_MAX), AllocError::too_large);
    EXPECT_EQ(manager.prepopulate(size, 1).error(), AllocError::too_large);
  }
  EXPECT_EQ(manager.prepopulate(1, SIZE_MAX).error(), AllocError::too_large);
  EXPECT_EQ(manager.prepopulate(16, SIZE_MAX).error(), AllocError::too_large);
  EXPECT_EQ(manager.prepopulate(16, SIZE_MAX / 48).error(), AllocError::too_large);
  EXPECT_EQ(manager.prepopulate(16, SIZE_MAX / 32 + 2).error(), AllocError::too_large)
      << "wraps with its headers";
  EXPECT_EQ(manager.stats().blocks_free, 0U);
}

TEST(PoolManagerErrors, BadOption) {
  PoolManager manager;
  EXPECT_EQ(error_of(manager, 101, 100), AllocError::bad_option);
  EXPECT_EQ(error_of(manager, SIZE_MAX, 0), AllocError::bad_option);
  try {
    static_cast<void>(manager.allocate_between(101, 100));
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::bad_option);
    EXPECT_STREQ(failure.what(), "bad_option: min is above max");
  }
}

TEST(PoolManagerErrors, Exhausted) {
  PoolManager manager{{.limit_bytes = 100, .create_on_demand = false}};
  EXPECT_EQ(manager.try_allocate_fixed(10).error(), AllocError::exhausted);
  ASSERT_TRUE(manager.prepopulate(10, 1));
  EXPECT_EQ(error_of(manager, 11, 100), AllocError::exhausted);
  const Block block = manager.allocate_between(5, 20);
  EXPECT_EQ(error_of(manager, 5, 20), AllocError::exhausted);
  EXPECT_EQ(manager.try_allocate_fixed(1000).error(), AllocError::exhausted);
  manager.deallocate(block);
  EXPECT_EQ(manager.allocate_fixed(10).data(), block.data());
  manager.deallocate(block);
}

TEST(PoolManagerErrors, LimitReached) {
  PoolManager manager{{.limit_bytes = 100}};
  EXPECT_EQ(manager.try_allocate_fixed(101).error(), AllocError::limit_reached);
  EXPECT_EQ(error_of(manager, 101, 200), AllocError::limit_reached);
  EXPECT_EQ(manager.prepopulate(51, 2).error(), AllocError::limit_reached);
  EXPECT_THROW(static_cast<void>(manager.allocate_fixed(101)), AllocFailure);
}

TEST(PoolManagerErrors, OutOfMemory) {
  if (anything_can_be_had()) GTEST_SKIP() << "no size is certain to be refused to a 32-bit program";
  PoolManager manager;
  EXPECT_EQ(manager.try_allocate_fixed(kNowhereHad).error(), AllocError::out_of_memory);
  EXPECT_EQ(manager.prepopulate(kMiB, kNowhereHad / kMiB).error(), AllocError::out_of_memory);
  EXPECT_EQ(manager.stats().blocks_free, 0U);
  EXPECT_EQ(manager.stats().failures, 1U);
}

/// A manager, and what its deallocate reports.
class PoolManagerMisuse : public testing::Test {
 protected:
  /// Both forms say `error` and change nothing.
  void expect_refused(Block block, AllocError error) {
    const ManagerStats before = manager.stats();
    EXPECT_EQ(manager.try_deallocate(block).error(), error);
    EXPECT_TRUE(recorder.take().empty());
    manager.deallocate(block);
    const std::vector<MisuseRecorder::Record> reports = recorder.take();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].error, error);
    EXPECT_EQ(reports[0].address, block.data());
    EXPECT_EQ(reports[0].pool, "misused");
    const ManagerStats after = manager.stats();
    EXPECT_EQ(after.blocks_in_use, before.blocks_in_use);
    EXPECT_EQ(after.blocks_free, before.blocks_free);
    EXPECT_EQ(after.deallocations, before.deallocations);
  }

  PoolManager manager{{.name = "misused"}};
  MisuseRecorder recorder;
};

TEST_F(PoolManagerMisuse, SizeMismatch) {
  for (const std::size_t size : {std::size_t{100}, 100 * kKiB, 2 * kMiB}) {
    const Block block = manager.allocate_fixed(size);
    for (const std::size_t wrong : {std::size_t{0}, size - 1, size + 1, SIZE_MAX}) {
      expect_refused({block.data(), wrong}, AllocError::size_mismatch);
    }
    manager.deallocate(block);
  }
}

TEST_F(PoolManagerMisuse, DoubleFree) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, 100 * kKiB, 2 * kMiB}) {
    const Block below = manager.allocate_fixed(size), block = manager.allocate_fixed(size);
    manager.deallocate(below);
    manager.deallocate(block);
    expect_refused(block, AllocError::double_free);
    expect_refused(below, AllocError::double_free);
    expect_refused({block.data(), size + 1}, AllocError::double_free);
  }
}

TEST_F(PoolManagerMisuse, DoubleFreeOfABlockThatWasTrimmed) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, 100 * kKiB}) {
    const Block block = manager.allocate_fixed(size);
    manager.deallocate(block);
    manager.trim();
    expect_refused(block, AllocError::double_free);
  }
  const Block block = manager.allocate_fixed(20 * kMiB);
  manager.deallocate(block);
  manager.trim();
  EXPECT_FALSE(manager.try_deallocate(block)) << "a mapping is forgotten sooner or later, but never mistaken";
}

TEST_F(PoolManagerMisuse, ForeignBlock) {
  alignas(16) std::array<std::byte, 64> local{};
  static std::array<std::byte, 64> global{};
  expect_refused({local.data() + 16, 16}, AllocError::foreign_block);
  expect_refused({global.data(), 16}, AllocError::foreign_block);
  expect_refused({reinterpret_cast<std::byte*>(8), 16}, AllocError::foreign_block);
  expect_refused({reinterpret_cast<std::byte*>(UINTPTR_MAX - 15), 16}, AllocError::foreign_block);
  auto* const malloced = new std::byte[64];
  expect_refused({malloced, 64}, AllocError::foreign_block);
  delete[] malloced;
}

TEST_F(PoolManagerMisuse, ForeignBlockOfAHeapOrAnotherManager) {
  Heap heap;
  auto* const of_heap = static_cast<std::byte*>(heap.allocate(64));
  expect_refused({of_heap, 64}, AllocError::foreign_block);
  expect_refused({of_heap + 16, 48}, AllocError::foreign_block);
  PoolManager other;
  const Block of_other = other.allocate_fixed(64);
  expect_refused(of_other, AllocError::foreign_block);
  other.deallocate(of_other);
}

TEST_F(PoolManagerMisuse, ForeignBlockInsideABlock) {
  for (const std::size_t size : {std::size_t{1000}, 100 * kKiB, 2 * kMiB}) {
    const Block block = manager.allocate_fixed(size);
    std::memset(block.data(), 1, size);  // looks like headers of blocks in use
    for (const std::size_t offset : {1U, 8U, 16U, 32U, 64U, 512U}) {
      expect_refused(block.subspan(offset), AllocError::foreign_block);
    }
    expect_refused({block.data() - 16, size}, AllocError::foreign_block);
    manager.deallocate(block);
  }
}

TEST_F(PoolManagerMisuse, NothingButTheBlockIsOneNearIt) {
  const Block block = manager.allocate_fixed(5000);
  std::byte* const extent = block.data() - address_of(block.data()) % kExtentBytes;
  for (std::size_t offset = 0; offset < kExtentBytes; offset += 16) {
    if (extent + offset == block.data()) continue;
    const AllocError error = manager.try_deallocate({extent + offset, 5000}).error();
    // Where a heap that is gone had blocks, one may still be called freed.
    ASSERT_TRUE(error == AllocError::foreign_block || error == AllocError::double_free) << offset;
  }
  manager.deallocate(block);
}

TEST_F(PoolManagerMisuse, BlocksWithoutAStartDoNothing) {
  const Block null{static_cast<std::byte*>(nullptr), std::size_t{0}};
  manager.deallocate({});
  manager.deallocate(null);
  EXPECT_TRUE(manager.try_deallocate({}));
  EXPECT_TRUE(recorder.take().empty());
  EXPECT_EQ(manager.stats().deallocations, 0U);
}

/// Collects what a manager tells its log.
struct Log {
  static void write(const ManagerEvent& event, void* context) noexcept {
    static_cast<Log*>(context)->events.push_back(event);
  }
  std::vector<ManagerEvent> take() { return std::exchange(events, {}); }
  std::vector<ManagerEvent> events;
};

void expect_event(const std::vector<ManagerEvent>& events, ManagerEventKind kind, AllocError error,
                  std::size_t size, std::size_t count) {
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, kind);
  EXPECT_EQ(events[0].error, error);
  EXPECT_EQ(events[0].size, size);
  EXPECT_EQ(events[0].count, count);
  EXPECT_EQ(events[0].manager, "logged");
}

TEST(PoolManagerLog, HearsOfEachKindOfEvent) {
  Log log;
  const MisuseRecorder recorder;
  PoolManager manager{{.limit_bytes = 1000, .name = "logged", .log = &Log::write, .log_context = &log}};
  const Block block = manager.allocate_between(100, 200);
  expect_event(log.take(), ManagerEventKind::created, {}, 100, 1);
  ASSERT_TRUE(manager.prepopulate(50, 3));
  expect_event(log.take(), ManagerEventKind::created, {}, 50, 3);
  EXPECT_FALSE(manager.try_allocate_between(800, 900));
  expect_event(log.take(), ManagerEventKind::refused, AllocError::limit_reached, 800, 1);
  EXPECT_FALSE(manager.try_allocate_fixed(0));
  expect_event(log.take(), ManagerEventKind::refused, AllocError::zero_size, 0, 1);
  EXPECT_FALSE(manager.prepopulate(200, 5));
  expect_event(log.take(), ManagerEventKind::refused, AllocError::limit_reached, 200, 5);
  manager.trim();
  expect_event(log.take(), ManagerEventKind::trimmed, {}, 150, 3);
  manager.deallocate(block.first(99));
  expect_event(log.take(), ManagerEventKind::misused, AllocError::size_mismatch, 99, 1);
  EXPECT_FALSE(manager.try_deallocate(block.first(98)));
  expect_event(log.take(), ManagerEventKind::misused, AllocError::size_mismatch, 98, 1);
  manager.deallocate(block);
  EXPECT_EQ(manager.allocate_fixed(100).data(), block.data());
  manager.deallocate(block);
  EXPECT_TRUE(log.take().empty()) << "blocks used again are no news";
}

struct Reentrant {
  PoolManager* manager = nullptr;
  int depth = 0;
  int calls = 0;

  static void write(const ManagerEvent&, void* context) noexcept {
    Reentrant& self = *static_cast<Reentrant*>(context);
    ++self.calls;
    if (self.depth++ < 3) {
      self.manager->deallocate(self.manager->allocate_fixed(1000 + static_cast<std::size_t>(self.depth)));
      self.manager->trim();
    }
    --self.depth;
  }
};

TEST(PoolManagerLog, MayUseTheManagerThatCallsIt) {
  Reentrant log;
  PoolManager manager{{.log = &Reentrant::write, .log_context = &log}};
  log.manager = &manager;
  manager.deallocate(manager.allocate_fixed(100));
  EXPECT_GT(log.calls, 4);
}

}  // namespace
}  // namespace cenote::test
