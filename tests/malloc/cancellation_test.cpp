/// POSIX makes no call of the malloc family a cancellation point: a thread with a pending pthread_cancel
/// reaches its own.
#include <malloc.h>
#include <pthread.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "malloc/preloaded.hpp"

namespace malloc_test {
namespace {

class Cancellation : public OnCenote {
 protected:
  /// Whether a thread with a pending cancellation gets through `calls`, and is cancelled only after them.
  static bool gets_through(void (*calls)()) {
    struct Run {
      void (*calls)();
      bool through = false;
    } run{calls};
    const auto body = [](void* argument) -> void* {
      ::pthread_cancel(::pthread_self());
      static_cast<Run*>(argument)->calls();
      static_cast<Run*>(argument)->through = true;
      ::pthread_testcancel();
      return nullptr;
    };
    pthread_t thread{};
    void* result = nullptr;
    if (::pthread_create(&thread, nullptr, body, &run) != 0) return false;
    return ::pthread_join(thread, &result) == 0 && run.through && result == PTHREAD_CANCELED;
  }
};

// With 60 MB allocated and half of them freed, the heap asks how much memory the process may have.
void allocate_much() {
  static std::array<void*, 200> blocks;
  for (void*& block : blocks) block = std::malloc(300'000);
  for (std::size_t i = 0; i < 100; ++i) std::free(blocks[i]);
  std::free(std::malloc(310'000));
  for (std::size_t i = 100; i < 200; ++i) std::free(blocks[i]);
}

TEST_F(Cancellation, MallocAndFreeOfLargeBlocksAreNoCancellationPoints) {
  EXPECT_TRUE(gets_through(&allocate_much));
}

TEST_F(Cancellation, MallocAndFreeOfSmallBlocksAreNoCancellationPoints) {
  EXPECT_TRUE(gets_through([] {
    static std::array<void*, 200'000> blocks;
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = std::malloc(16 + i % 500);
      for (std::size_t i = 0; i < blocks.size(); i += 2) std::free(blocks[i]);
      for (std::size_t i = 1; i < blocks.size(); i += 2) std::free(blocks[i]);
    }
  }));
}

TEST_F(Cancellation, MallocAndFreeOfMappedBlocksAreNoCancellationPoints) {
  EXPECT_TRUE(gets_through([] {
    for (int i = 0; i < 20; ++i) std::free(std::malloc(std::size_t{64} << 20));
  }));
}

TEST_F(Cancellation, CallocAndReallocAreNoCancellationPoints) {
  EXPECT_TRUE(gets_through([] {
    void* block = std::calloc(1, 100);
    for (std::size_t bytes = 100; bytes < std::size_t{64} << 20; bytes *= 2)
      block = std::realloc(block, bytes);
    std::free(block);
    std::free(std::calloc(100, 300'000));
  }));
}

TEST_F(Cancellation, AlignedAllocationIsNoCancellationPoint) {
  EXPECT_TRUE(gets_through([] {
    void* block = nullptr;
    EXPECT_EQ(::posix_memalign(&block, 4096, 1'000'000), 0);
    std::free(block);
    std::free(std::aligned_alloc(1 << 16, 1 << 16));
  }));
}

TEST_F(Cancellation, OutOfMemoryIsNoCancellationPoint) {
  EXPECT_TRUE(gets_through([] {
    errno = 0;
    volatile std::size_t bytes = PTRDIFF_MAX / 4;
    EXPECT_EQ(std::malloc(bytes), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }));
}

#ifdef __GLIBC__
TEST_F(Cancellation, CallsAboutTheWholeHeapAreNoCancellationPoints) {
  EXPECT_TRUE(gets_through([] {
    allocate_much();
    ::malloc_trim(0);
    static_cast<void>(::mallinfo2());
    ::mallopt(M_TRIM_THRESHOLD, 1);
  }));
}

TEST_F(Cancellation, MallocStatsPrintsAndIsNoCancellationPoint) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(gets_through([] {
    errno = 0;
    ::malloc_stats();
    EXPECT_EQ(errno, 0);
  }));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("cenote: held "), 0U) << text;
  EXPECT_NE(text.find("kept mappings "), std::string::npos) << text;
}
#endif

}  // namespace
}  // namespace malloc_test
