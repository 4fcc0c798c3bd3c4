/// What a heap with Hardening::full makes of wrong writes, sizes and pointers.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "support/aborts.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"

namespace cenote::test {
namespace {

unsigned char* bytes_of_block(void* block) { return static_cast<unsigned char*>(block); }

/// Of each kind: in slabs, with units of its own, with a mapping of its own.
constexpr std::size_t kSmall[] = {1, 16, 100, 5000, 40'000};
constexpr std::size_t kAllSizes[] = {1, 16, 24, 1000, 40'000, 65'530, 100'000, 3'000'000};

class FullHardening : public testing::Test {
 protected:
  FullHardening() { set_misuse_handler(nullptr); }

  /// Several blocks side by side, of which the middle one is returned.
  unsigned char* one_of_many(std::size_t size) {
    void* middle = nullptr;
    for (int i = 0; i < 9; ++i) (i == 5 ? middle : last_) = heap.allocate(size);
    return bytes_of_block(middle);
  }

  Heap heap{{.name = "full", .hardening = Hardening::full}};
  void* last_ = nullptr;
};
using FullHardeningDeathTest = FullHardening;

TEST_F(FullHardeningDeathTest, AWritePastTheEndIsReportedWhenTheBlockIsFreed) {
  for (const std::size_t size : kAllSizes) {
    for (const std::size_t offset : {size, size + 15}) {
      unsigned char* const block = one_of_many(size);
      EXPECT_EXIT(block[offset] ^= 1; heap.deallocate(block), by_abort(),
                                      "^cenote: write_past_end: 0x[0-9a-f]+ in pool .full.\\s$")
          << size;
    }
  }
}

TEST_F(FullHardeningDeathTest, ANullPastTheEndIsReported) {
  for (const std::size_t size : kAllSizes) {
    unsigned char* const block = one_of_many(size);
    EXPECT_EXIT(block[size] = 0; heap.deallocate(block), by_abort(), "^cenote: write_past_end: ") << size;
  }
}

TEST_F(FullHardeningDeathTest, AWriteBeforeTheStartIsReportedWhenTheBlockIsFreed) {
  for (const std::size_t size : kSmall) {
    for (const std::ptrdiff_t offset : {-1, -16}) {
      unsigned char* const block = one_of_many(size);
      EXPECT_EXIT(block[offset] ^= 1; heap.deallocate(block), by_abort(),
                                      "^cenote: write_before_start: 0x[0-9a-f]+ in pool .full.\\s$")
          << size;
    }
  }
}

TEST_F(FullHardeningDeathTest, AWriteBeforeTheStartIsReportedAlsoWhenTheBlockBeforeWasFreed) {
  unsigned char* const block = one_of_many(100);
  unsigned char* const before = block - (bytes_of_block(last_) - block) / 3;
  heap.deallocate(before);
  EXPECT_EXIT(block[-1] ^= 1; heap.deallocate(block), by_abort(), "^cenote: write_before_start: ");
}

TEST_F(FullHardeningDeathTest, AWriteAfterFreeIsReportedByThatNameWhenTheBlockLeavesTheQuarantine) {
  for (const std::size_t size : kSmall) {
    for (const std::size_t offset : {std::size_t{0}, size - 1}) {
      unsigned char* const block = one_of_many(size);
      EXPECT_EXIT(heap.deallocate(block); block[offset] = 1;
                  heap.trim(), by_abort(), "^cenote: write_after_free: 0x[0-9a-f]+ in pool .full.\\s$")
          << size;
    }
  }
}

TEST_F(FullHardening, AHandlerOfTheProgramIsToldOfDamageByTheNearestErrors) {
  MisuseRecorder recorder;
  unsigned char* const block = one_of_many(100);
  heap.deallocate(block);
  block[50] = 1;
  heap.trim();
  auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::double_free);
  EXPECT_EQ(records[0].address, block);
  EXPECT_EQ(records[0].pool, "full");

  bytes_of_block(last_)[100] ^= 1;
  heap.deallocate(last_);
  records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(records[0].address, last_);
}

TEST_F(FullHardening, ADamagedBlockStaysInUse) {
  const MisuseRecorder recorder;
  for (const std::size_t size : kAllSizes) {
    unsigned char* const block = one_of_many(size);
    block[size] ^= 1;
    EXPECT_EQ(heap.try_deallocate(block).error(), AllocError::size_mismatch) << size;
    EXPECT_EQ(heap.try_reallocate(block, size + 1).error(), AllocError::size_mismatch) << size;
    EXPECT_EQ(heap.try_usable_size(block).error(), AllocError::size_mismatch) << size;
    block[size] ^= 1;
    EXPECT_TRUE(heap.try_deallocate(block)) << size;
  }
}

TEST_F(FullHardening, NewBlocksHoldNoOldBytes) {
  const MisuseRecorder recorder;
  for (const std::size_t size : kAllSizes) {
    std::vector<unsigned char*> blocks(size > 50'000 ? 2 : 30);
    for (int round = 0; round < 2; ++round) {
      for (unsigned char*& block : blocks) {
        block = bytes_of_block(heap.allocate(size));
        ASSERT_TRUE(is_zero(block, size)) << size;
        std::memset(block, 0xAA, size);
      }
      for (unsigned char* const block : blocks) heap.deallocate(block);
      heap.trim();
    }
  }
}

TEST_F(FullHardening, UsableSizeIsJustWhatWasRequested) {
  for (const std::size_t size : kAllSizes) {
    void* const block = heap.allocate(size);
    void* const aligned = heap.allocate(size, 4096);
    EXPECT_EQ(heap.usable_size(block), size);
    EXPECT_EQ(heap.usable_size(aligned), size);
    std::memset(block, 0xFF, size);
    std::memset(aligned, 0xFF, size);
    heap.deallocate(aligned, size);
    heap.deallocate(block, size);
  }
}

TEST_F(FullHardening, OnlyTheRequestedSizeIsRightForASizedFree) {
  MisuseRecorder recorder;
  for (const std::size_t size : kAllSizes) {
    void* const block = heap.allocate(size);
    heap.deallocate(block, size + 1);
    if (size > 1) heap.deallocate(block, size - 1);
    for (const auto& record : recorder.take()) {
      EXPECT_EQ(record.error, AllocError::size_mismatch) << size;
      EXPECT_EQ(record.address, block);
    }
    std::memset(block, 0xFF, size);
    heap.deallocate(block, size);
    EXPECT_TRUE(recorder.take().empty()) << size;
  }
}

TEST_F(FullHardening, PointersThatAreNoBlocksInUseHaveNoUsableSize) {
  long on_stack = 0;
  for (const std::size_t size : kAllSizes) {
    unsigned char* const block = one_of_many(size);
    EXPECT_EQ(heap.usable_size(block + 1), 0U);
    if (size > 16) {
      EXPECT_EQ(heap.usable_size(block + 16), 0U);
    }
    heap.deallocate(block);
    EXPECT_EQ(heap.usable_size(block), 0U) << size;
  }
  EXPECT_EQ(heap.usable_size(&on_stack), 0U);
}

TEST_F(FullHardening, ResizedBlocksKeepTheirBytesAndEndInACanary) {
  const MisuseRecorder recorder;
  for (const std::size_t size : kAllSizes) {
    for (const std::size_t wanted : {size + 1, size + size / 16 + 1, size * 3, size / 2 + 1}) {
      unsigned char* block = one_of_many(size);
      fill_pattern(block, size, 3);
      block = bytes_of_block(heap.reallocate(block, wanted));
      const std::size_t kept = std::min(size, wanted);
      EXPECT_TRUE(holds_pattern(block, kept, 3)) << size << " to " << wanted;
      EXPECT_TRUE(is_zero(block + kept, wanted - kept));
      EXPECT_EQ(heap.usable_size(block), wanted);
      std::memset(block, 0xFF, wanted);
      block[wanted] ^= 1;
      EXPECT_EQ(heap.try_deallocate(block).error(), AllocError::size_mismatch) << size << " to " << wanted;
      block[wanted] ^= 1;
      EXPECT_TRUE(heap.try_deallocate(block));
    }
  }
}

TEST_F(FullHardening, FilledBlocksInTheQuarantineTakeOneMiBOrASixteenthOfTheHeap) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  std::vector<void*> blocks(600);
  for (void*& block : blocks) block = heap.allocate(60'000);
  for (std::size_t i = 0; i < 300; ++i) heap.deallocate(blocks[i]);
  EXPECT_LT(heap.stats().bytes_held, 300 * std::size_t{64 << 10} * 17 / 16 + 2 * kMiB);
  for (std::size_t i = 300; i < 600; ++i) heap.deallocate(blocks[i]);
  EXPECT_LT(heap.stats().bytes_held, 2 * kMiB + kMiB / 2);
}

TEST_F(FullHardening, AHeapThatShrinksByItsHugeBlocksShrinksItsQuarantine) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  void* const huge = heap.allocate(256 * kMiB);
  std::vector<void*> blocks(200);
  for (void*& block : blocks) block = heap.allocate(60'000);
  for (void* const block : blocks) heap.deallocate(block);
  heap.deallocate(huge);
  EXPECT_LT(heap.stats().bytes_held, 2 * kMiB + kMiB / 2);
}

TEST_F(FullHardening, TheQuarantineOfADestroyedHeapLeavesItsMemoryUsable) {
  for (int round = 0; round < 3; ++round) {
    Heap other{{.hardening = Hardening::full}};
    std::vector<void*> blocks(80);
    for (void*& block : blocks) block = std::memset(other.allocate(200'000), 0xFF, 200'000);
    for (void* const block : blocks) other.deallocate(block);
  }
}

}  // namespace
}  // namespace cenote::test
