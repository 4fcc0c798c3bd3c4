#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pressure_monitor.hpp>
#include <cenote/slab_allocator.hpp>

namespace cenote::test {
namespace {

template <class Pool>
class Trim : public testing::Test {};
using Pools = testing::Types<Heap, SlabAllocator>;
TYPED_TEST_SUITE(Trim, Pools);

TYPED_TEST(Trim, ReturnsTheFreeMemoryOfEachPool) {
  constexpr std::size_t kBlock = 100'000, kBlocks = 50;
  TypeParam pool;
  trim();
  void* blocks[kBlocks];
  for (void*& block : blocks) *static_cast<char*>(block = pool.allocate(kBlock)) = 1;
  EXPECT_LT(trim(), kBlock) << "all of it is in use";
  for (void* const block : blocks) pool.deallocate(block);
  EXPECT_GE(trim(), kBlocks * kBlock);
}

}  // namespace
}  // namespace cenote::test
