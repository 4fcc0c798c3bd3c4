/// Every C and POSIX entry point, as its standard describes it.
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include "malloc/preloaded.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace malloc_test {
namespace {

using cenote::test::anything_can_be_had;
using cenote::test::edge_sizes;
using cenote::test::kKiB;
using cenote::test::kMiB;

constexpr std::size_t kSizeMax = std::numeric_limits<std::size_t>::max();
const std::size_t kImpossible[] = {std::size_t{PTRDIFF_MAX} + 1, kSizeMax - 4096, kSizeMax - 15, kSizeMax};

class EntryPoints : public OnCenote {};

bool aligned_to(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

/// Null and ENOMEM.
#define EXPECT_ENOMEM(call)     \
  do {                          \
    errno = 0;                  \
    EXPECT_EQ((call), nullptr); \
    EXPECT_EQ(errno, ENOMEM);   \
  } while (false)

TEST_F(EntryPoints, MallocGivesAlignedBlocksOfEverySize) {
  for (const std::size_t size : edge_sizes()) {
    void* const block = std::malloc(size);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(aligned_to(block, 16));
    EXPECT_GE(malloc_usable_size(block), size);
    cenote::test::fill_pattern(block, size, size);
    EXPECT_TRUE(cenote::test::holds_pattern(block, size, size));
    std::free(block);
  }
}

TEST_F(EntryPoints, MallocOfNothingIsABlockOfItsOwn) {
  std::set<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.insert(std::malloc(opaque(std::size_t{0})));
  EXPECT_EQ(blocks.size(), 100U);
  EXPECT_EQ(blocks.count(nullptr), 0U);
  for (void* const block : blocks) std::free(block);
}

TEST_F(EntryPoints, TheImpossibleIsNullAndEnomem) {
  void* const block = std::malloc(10);
  for (const std::size_t size : kImpossible) {
    EXPECT_ENOMEM(std::malloc(opaque(size)));
    EXPECT_ENOMEM(std::calloc(1, opaque(size)));
    EXPECT_ENOMEM(std::calloc(opaque(size), 1));
    EXPECT_ENOMEM(std::realloc(block, opaque(size)));
    EXPECT_ENOMEM(std::realloc(nullptr, opaque(size)));
    EXPECT_ENOMEM(std::aligned_alloc(64, opaque(size)));
    EXPECT_ENOMEM(memalign(64, opaque(size)));
    EXPECT_ENOMEM(valloc(opaque(size)));
    EXPECT_ENOMEM(pvalloc(opaque(size)));
  }
  std::free(block);
}

TEST_F(EntryPoints, CallocIsZeroAlsoAfterOthersAndSeesTheOverflow) {
  for (const std::size_t size : edge_sizes()) {
    void* const dirty = std::memset(std::malloc(size), 0xee, size);
    std::free(dirty);
    void* const block = std::calloc(1, size);
    ASSERT_TRUE(cenote::test::is_zero(block, size)) << size;
    std::free(block);
  }
  EXPECT_ENOMEM(std::calloc(opaque(kSizeMax), 2));
  EXPECT_ENOMEM(std::calloc(opaque(cenote::test::kRootOfSizes), cenote::test::kRootOfSizes));
  void* const nothing = std::calloc(0, 8);
  EXPECT_NE(nothing, nullptr);
  std::free(nothing);
}

TEST_F(EntryPoints, ReallocKeepsTheBytesThatFit) {
  std::size_t size = 1;
  void* block = std::realloc(nullptr, size);
  cenote::test::fill_pattern(block, size, 1);
  for (const std::size_t next : {std::size_t{17}, std::size_t{600}, 9 * kKiB, 70 * kKiB, 600 * kKiB, 3 * kMiB,
                                 9 * kMiB, 2 * kMiB, 80 * kKiB, std::size_t{100}, std::size_t{5}}) {
    block = std::realloc(block, next);
    ASSERT_NE(block, nullptr);
    ASSERT_TRUE(cenote::test::holds_pattern(block, std::min(size, next), 1)) << next;
    cenote::test::fill_pattern(block, next, 1);
    size = next;
  }
  std::free(block);
}

TEST_F(EntryPoints, AFailedReallocLeavesTheBlock) {
  auto* const block = static_cast<char*>(std::malloc(100));
  std::strcpy(block, "still here");
  EXPECT_ENOMEM(std::realloc(block, opaque(kSizeMax)));
  EXPECT_STREQ(block, "still here");
  std::free(block);
}

TEST_F(EntryPoints, ReallocToNothingFreesAsGlibcDoes) {
  void* const block = std::malloc(100);
  EXPECT_EQ(std::realloc(block, opaque(std::size_t{0})), nullptr);
}

TEST_F(EntryPoints, ReallocarraySeesTheOverflow) {
  void* block = reallocarray(nullptr, 10, 10);
  ASSERT_NE(block, nullptr);
  EXPECT_ENOMEM(reallocarray(opaque(block), opaque(kSizeMax / 2), 3));
  block = reallocarray(block, 100, 10);
  EXPECT_GE(malloc_usable_size(block), 1000U);
  std::free(block);
}

TEST_F(EntryPoints, PosixMemalignAnswersByReturnValueAndKeepsErrno) {
  void* block = &block;
  errno = 77;
  for (const std::size_t alignment : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3},
                                      sizeof(void*) / 2, std::size_t{24}, std::size_t{100}}) {
    EXPECT_EQ(posix_memalign(&block, opaque(alignment), 8), EINVAL) << alignment;
    EXPECT_EQ(block, &block) << "it is untouched on failure";
  }
  EXPECT_EQ(posix_memalign(&block, 64, opaque(kSizeMax)), ENOMEM);
  if (!anything_can_be_had()) {
    EXPECT_EQ(posix_memalign(&block, 64, opaque(std::size_t{PTRDIFF_MAX})), ENOMEM);
  }
  EXPECT_EQ(errno, 77);
  for (std::size_t alignment = 8; alignment <= 4 * kMiB; alignment *= 2) {
    ASSERT_EQ(posix_memalign(&block, alignment, 100), 0);
    EXPECT_TRUE(aligned_to(block, alignment));
    std::free(block);
  }
  ASSERT_EQ(posix_memalign(&block, 64, 0), 0);
  std::free(block);
}

TEST_F(EntryPoints, AlignedFormsAlign) {
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, alignment, std::size_t{5000}, 100 * kKiB}) {
      void* const first = std::aligned_alloc(alignment, size);
      void* const second = memalign(alignment, size);
      EXPECT_TRUE(first != nullptr && aligned_to(first, alignment)) << alignment;
      EXPECT_TRUE(second != nullptr && aligned_to(second, alignment)) << alignment;
      std::memset(first, 1, size);
      std::memset(second, 2, size);
      std::free(first);
      std::free(second);
    }
  }
}

TEST_F(EntryPoints, AnAlignmentThatIsNoPowerOfTwoIsEinval) {
  for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, std::size_t{48}}) {
    errno = 0;
    EXPECT_EQ(std::aligned_alloc(opaque(alignment), 64), nullptr);
    EXPECT_EQ(errno, EINVAL);
  }
  void* const rounded = memalign(opaque(std::size_t{48}), 10);  // glibc rounds up
  EXPECT_TRUE(rounded != nullptr && aligned_to(rounded, 64));
  std::free(rounded);
}

TEST_F(EntryPoints, AnAlignmentAboveWhatIsServedIsEnomem) {
  constexpr std::size_t kGreatest = SIZE_MAX / 2 + 1;
  constexpr std::size_t kLeast = sizeof(void*) == 8 ? kGreatest >> 20 : kGreatest;
  for (std::size_t alignment = kGreatest; alignment >= kLeast; alignment /= 2) {
    for (const std::size_t size : {std::size_t{64}, kSizeMax - (1 << 20)}) {
      EXPECT_ENOMEM(memalign(opaque(alignment), opaque(size)));
      EXPECT_ENOMEM(memalign(opaque(alignment - 1), opaque(size)));  // rounded up
      EXPECT_ENOMEM(std::aligned_alloc(opaque(alignment), opaque(size)));
      void* block = nullptr;
      EXPECT_EQ(posix_memalign(&block, opaque(alignment), opaque(size)), ENOMEM);
    }
  }
  errno = 0;
  EXPECT_EQ(memalign(opaque(kGreatest + 1), 64), nullptr);
  EXPECT_EQ(errno, EINVAL) << "no power of two is so large";
}

TEST_F(EntryPoints, VallocAndPvallocGivePages) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const v = valloc(10);
  void* const p = pvalloc(page + 1);
  EXPECT_TRUE(v != nullptr && aligned_to(v, page));
  EXPECT_TRUE(p != nullptr && aligned_to(p, page));
  EXPECT_GE(malloc_usable_size(p), 2 * page);
  std::free(v);
  std::free(p);
}

TEST_F(EntryPoints, FreeKeepsErrnoForEverySize) {
  for (const std::size_t size : edge_sizes(8 * kMiB)) {
    void* const block = std::malloc(size);
    std::memset(block, 1, size);
    errno = 1234;
    std::free(block);
    ASSERT_EQ(errno, 1234) << size;
  }
  std::free(nullptr);
  EXPECT_EQ(errno, 1234);
}

TEST_F(EntryPoints, SizedFreesOfC23AreThere) {
  const auto sized = reinterpret_cast<void (*)(void*, std::size_t)>(dlsym(RTLD_DEFAULT, "free_sized"));
  const auto aligned =
      reinterpret_cast<void (*)(void*, std::size_t, std::size_t)>(dlsym(RTLD_DEFAULT, "free_aligned_sized"));
  ASSERT_TRUE(sized != nullptr && aligned != nullptr);
  sized(std::malloc(100), 100);
  aligned(std::aligned_alloc(64, 128), 64, 128);
  sized(nullptr, 10);
}

TEST_F(EntryPoints, UsableSizeOfNullIsNothing) { EXPECT_EQ(malloc_usable_size(nullptr), 0U); }

TEST_F(EntryPoints, AllUsableBytesMayBeUsed) {
  for (const std::size_t size : edge_sizes()) {
    void* const block = std::malloc(size);
    std::memset(block, 0x3c, malloc_usable_size(block));
    std::free(block);
  }
}

TEST_F(EntryPoints, FiguresAndTuningAnswerSensibly) {
  void* const block = std::malloc(5 * kMiB);
  EXPECT_GE(mallinfo2().uordblks, 5 * kMiB);
  EXPECT_GT(mallinfo2().arena, 0U);
  EXPECT_GE(mallinfo2().hblks, 1U);
  std::free(block);
  EXPECT_EQ(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
  EXPECT_EQ(mallopt(M_ARENA_MAX, 1), 1);
  const int trimmed = malloc_trim(0);
  EXPECT_TRUE(trimmed == 0 || trimmed == 1);
  EXPECT_EQ(malloc_trim(0), 0) << "there is nothing left to trim";
}

// What glibc serves on a machine with more memory than the alignment.
TEST_F(EntryPoints, AlignmentsUpTo16GiBAreServed) {
  if (sizeof(void*) < 8) GTEST_SKIP() << "addresses of 32 bits";
  for (unsigned bit = 28; bit <= 34; ++bit) {
    const std::size_t alignment = std::size_t{1} << bit;
    void* const block = memalign(alignment, 64);
    ASSERT_NE(block, nullptr) << bit;
    EXPECT_TRUE(aligned_to(block, alignment)) << bit;
    std::memset(block, 0x3c, 64);
    std::free(block);
    void* other = nullptr;
    EXPECT_EQ(posix_memalign(&other, alignment, 3 * kMiB), 0) << bit;
    EXPECT_TRUE(aligned_to(other, alignment)) << bit;
    std::free(other);
  }
}

// Also in the tier full, where they wait in the quarantine.
TEST_F(EntryPoints, ATrimReturnsFreedBlocks) {
  constexpr std::size_t kBytes = 40'000;
  std::vector<void*> blocks(20);
  for (void*& block : blocks) block = std::memset(std::malloc(kBytes), 1, kBytes);
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t inside = (reinterpret_cast<std::uintptr_t>(blocks[10]) + page - 1) / page * page;
  for (void* const block : blocks) std::free(block);
  EXPECT_EQ(malloc_trim(0), 1);
  unsigned char is_resident = 0xFF;
  ASSERT_EQ(::mincore(reinterpret_cast<void*>(inside), page, &is_resident), 0);
  EXPECT_EQ(is_resident & 1, 0);
}

}  // namespace
}  // namespace malloc_test
