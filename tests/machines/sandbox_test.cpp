/// Pools, arenas and heaps where the kernel forbids all that has to do with nodes, fences and huge pages (as
/// containers and browsers may), from before the library's first call. What each call then says: tests/os.
#include "support/sandbox.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/numa_pool.hpp>

#include "machines/blocks.hpp"
#include "machines/kernel.hpp"
#include "support/pattern.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20, kBlocks = 100;

/// Calls `visit` on four threads at the same time.
template <class Visit>
void on_threads(Visit visit) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(visit);
  for (std::thread& thread : threads) thread.join();
}

/// Fills blocks of many sizes and gives them back, on several threads.
template <class Pool>
void use(Pool& pool) {
  on_threads([&] {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < kBlocks; ++i) {
      blocks.push_back(pool.allocate(64 + i * 48));
      fill_pattern(blocks.back(), 64 + i * 48, i);
    }
    for (std::size_t i = 0; i < kBlocks; ++i) EXPECT_TRUE(holds_pattern(blocks[i], 64 + i * 48, i));
    if constexpr (requires { pool.deallocate(blocks[0]); }) {
      for (void* const block : blocks) pool.deallocate(block);
    }
  });
}

template <class Sync>
void use_block_pool() {
  BlockPool<Sync> pool{
      {.block_size = 512, .capacity = 4000, .pages = PageKind::transparent_huge, .prefault = true}};
  const auto use = [&] {
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < kBlocks; ++i) {
      blocks.push_back(pool.allocate());
      fill_pattern(blocks.back().data(), 512, i);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_TRUE(holds_pattern(blocks[i].data(), 512, i));
    for (const Block block : blocks) pool.deallocate(block);
  };
  if constexpr (std::is_same_v<Sync, SingleThread>) {
    use();
  } else {
    on_threads(use);
  }
  pool.trim();
  EXPECT_EQ(pool.stats().in_use, 0U);
}

void use_numa_pool(NumaPolicy policy) {
  NumaPool pool{{.bytes_per_node = 8 * kMiB, .policy = policy, .pages = PageKind::transparent_huge}};
  use(pool);
  void* const block = pool.allocate(50'000);
  const NumaStats stats = pool.stats();
  EXPECT_FALSE(stats.bound);
  os::NodeSet parts;
  for (const NumaNodeStats& part : stats.nodes) parts.insert(part.node);
  EXPECT_EQ(parts, kernel::allowed_nodes());
  EXPECT_TRUE(parts.contains(pool.node_of(block)));
  EXPECT_EQ(pool.rebalance(), 0U);
  pool.deallocate(block);
}

void use_everything() {
  use_block_pool<SingleThread>();
  use_block_pool<Locked>();
  use_block_pool<LockFree>();
  use_block_pool<ThreadCached>();
  for (const NumaPolicy policy : {NumaPolicy::preferred, NumaPolicy::interleaved, NumaPolicy::adaptive})
    use_numa_pool(policy);
  const os::NodeSet threads = kernel::allowed_processor_nodes();
  if ((threads & kernel::allowed_nodes()) == threads) use_numa_pool(NumaPolicy::local_only);
  BuddyAllocator buddy{{.bytes = 32 * kMiB, .block_min = 64, .pages = PageKind::transparent_huge}};
  use(buddy);
  static_cast<void>(buddy.trim());
  ConcurrentArena arena{{.pages = PageKind::transparent_huge}};
  use(arena);
  arena.reset();
  Heap heap;
  use(heap);
  use(Heap::process());
}

class SandboxDeathTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!Sandbox::exists()) GTEST_SKIP() << "this kernel has no sandboxes (seccomp)";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process in which nothing has been asked yet
  }
  /// Uses everything in this sandbox, and ends the process.
  [[noreturn]] static void use_inside(Sandbox& sandbox) {
    EXPECT_TRUE(sandbox.enter());
    use_everything();
    ::_exit(HasFailure() ? 1 : 0);
  }
};

TEST_P(SandboxDeathTest, EverythingWorksWithoutNodesFencesAndHugePages) {
  constexpr int kHuge = 14, kPopulateWrite = 23, kCollapse = 25;  // MADV_...; older C libraries lack some
  Sandbox sandbox{GetParam()};
  sandbox.forbid(kNumaCalls).forbid_advice({kHuge, kPopulateWrite, kCollapse});
  EXPECT_EXIT(use_inside(sandbox), testing::ExitedWithCode(0), "");
}

TEST_P(SandboxDeathTest, EverythingWorksWithoutAnyAdvice) {
  Sandbox sandbox{GetParam()};
  sandbox.forbid(kNumaCalls).forbid({SYS_madvise});
  EXPECT_EXIT(use_inside(sandbox), testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(Errors, SandboxDeathTest, testing::Values(EPERM, ENOSYS));

}  // namespace
}  // namespace cenote::test
