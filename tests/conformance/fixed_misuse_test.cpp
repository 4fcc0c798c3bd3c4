/// Every wrong free is told, by its right name, and leaves the pool as it was.
#include <memory>

#include <cenote/detail/system.hpp>

#include "conformance/fixed_subjects.hpp"
#include "support/aborts.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);
TYPED_TEST_SUITE(EqualBlocks, AllEqualBlocks, FixedPoolNames);

namespace {

/// Gives `block` back both ways; each must be refused as `error`.
template <class Pool, class Given>
void expect_refused(Pool& pool, Given block, const void* address, AllocError error) {
  MisuseRecorder recorder;
  const std::size_t in_use = pool.in_use(), capacity = pool.capacity();
  const Result<void> tried = pool.try_deallocate(block);
  EXPECT_FALSE(tried);
  EXPECT_EQ(tried.error(), error);
  EXPECT_TRUE(recorder.take().empty()) << "try_deallocate only returns the error";
  pool.deallocate(block);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, error);
  EXPECT_EQ(records[0].address, address);
  EXPECT_EQ(records[0].pool, "abused");
  EXPECT_EQ(pool.in_use(), in_use);
  EXPECT_EQ(pool.capacity(), capacity);
}

}  // namespace

TYPED_TEST(EqualBlocks, ADoubleFreeIsRefused) {
  auto pool = this->make({.capacity = 200, .name = "abused"});
  const auto blocks = this->take(pool, 150);
  for (std::size_t i = 0; i < 150; ++i) {
    if (i == 77) continue;
    pool.deallocate(blocks[i]);
    expect_refused(pool, blocks[i], this->address(blocks[i]), AllocError::double_free);
    if (i > 0 && i != 78)
      expect_refused(pool, blocks[i / 2], this->address(blocks[i / 2]), AllocError::double_free);
  }
  this->expect_unharmed(pool, 1);
  for (std::size_t i = 0; i < 150; ++i) {
    if (i == 77) continue;
    expect_refused(pool, blocks[i], this->address(blocks[i]), AllocError::double_free);
  }
  pool.deallocate(blocks[77]);
}

TYPED_TEST(EqualBlocks, ABlockHandedOutAgainMayBeFreedAgain) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 3});
  for (int i = 0; i < 1000; ++i) {
    const auto block = pool.allocate();
    EXPECT_TRUE(pool.try_deallocate(block));
  }
  EXPECT_TRUE(recorder.take().empty());
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, AForeignPointerIsRefused) {
  auto pool = this->make({.capacity = 100, .name = "abused"});
  auto other = this->make({.capacity = 100});
  const auto mine = this->take(pool, 50);
  const auto others = this->take(other, 50);
  Item on_stack{};
  const auto on_heap = std::make_unique<Item>();
  static Item in_image{};
  for (void* const address : std::initializer_list<void*>{
           &on_stack, on_heap.get(), &in_image, &pool, this->address(others[0]), this->address(others[49])}) {
    expect_refused(pool, this->at(address), address, AllocError::foreign_block);
  }
  for (const std::uintptr_t number : {std::uintptr_t{1}, std::uintptr_t{kItemBytes}, ~std::uintptr_t{0},
                                      std::uintptr_t{top_power()}, ~std::uintptr_t{0} - kItemBytes + 1}) {
    auto* const address = reinterpret_cast<void*>(number);
    expect_refused(pool, this->at(address), address, AllocError::foreign_block);
  }
  this->give_back(pool, mine);
  this->expect_unharmed(pool);
  this->give_back(other, others);
  this->expect_unharmed(other);
}

TYPED_TEST(EqualBlocks, APointerIntoABlockIsForeign) {
  auto pool = this->make({.capacity = 10, .name = "abused"});
  const auto blocks = this->take(pool, 10);
  for (const auto block : {blocks[0], blocks[4], blocks[9]}) {
    for (std::size_t offset = 1; offset < kItemBytes; ++offset) {
      std::byte* const inside = this->address(block) + offset;
      expect_refused(pool, this->at(inside), inside, AllocError::foreign_block);
    }
  }
  const auto by_address = [](auto a, auto b) { return TypeParam::address(a) < TypeParam::address(b); };
  std::byte* const before =
      this->address(*std::min_element(blocks.begin(), blocks.end(), by_address)) - kItemBytes;
  std::byte* const behind =
      this->address(*std::max_element(blocks.begin(), blocks.end(), by_address)) + kItemBytes;
  expect_refused(pool, this->at(before), before, AllocError::foreign_block);
  expect_refused(pool, this->at(behind), behind, AllocError::foreign_block);
  this->give_back(pool, blocks);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ABlockNeverHandedOutIsRefused) {
  auto pool = this->make({.capacity = 1000, .capacity_max = 5000, .name = "abused"});
  const auto first = pool.allocate();
  std::size_t neighbours = 0;
  for (std::ptrdiff_t distance = -5000; distance <= 5000; ++distance) {
    std::byte* const address = this->address(first) + distance * static_cast<std::ptrdiff_t>(kItemBytes);
    if (distance == 0 || !pool.owns(address)) continue;
    ++neighbours;
    ASSERT_EQ(pool.try_deallocate(this->at(address)).error(), AllocError::double_free) << distance;
  }
  EXPECT_EQ(neighbours, 999U);
  this->expect_counts(pool, 1000, 1);
  pool.deallocate(first);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, AddressesThatThePoolMayGrowIntoAreForeign) {
  auto pool = this->make({.capacity = 100, .capacity_max = 1000, .name = "abused"});
  const auto blocks = this->take(pool, 100);
  std::byte* last = nullptr;
  for (const auto block : blocks) last = std::max(last, this->address(block));
  expect_refused(pool, this->at(last + kItemBytes), last + kItemBytes, AllocError::foreign_block);
  EXPECT_FALSE(pool.owns(last + kItemBytes));
  ASSERT_TRUE(pool.grow(1));
  EXPECT_TRUE(pool.owns(last + kItemBytes));
  expect_refused(pool, this->at(last + kItemBytes), last + kItemBytes, AllocError::double_free);
  EXPECT_FALSE(pool.owns(last + 2 * kItemBytes));
  this->give_back(pool, blocks);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, NullIsNoMisuse) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 10});
  const auto block = pool.allocate();
  pool.deallocate(this->at(nullptr));
  EXPECT_TRUE(pool.try_deallocate(this->at(nullptr)));
  if constexpr (std::is_same_v<typename TypeParam::Given, Block>) {
    pool.deallocate(Block{});
    EXPECT_TRUE(pool.try_deallocate(Block{}));
  }
  EXPECT_TRUE(recorder.take().empty());
  this->expect_counts(pool, 10, 1);
  pool.deallocate(block);
}

TYPED_TEST(EqualBlocks, FreeBlocksKeepTheirBytesThroughMisuse) {
  auto pool = this->make({.capacity = 10, .name = "abused"});
  const auto blocks = this->take(pool, 5);
  for (std::size_t i = 0; i < 5; ++i) fill_pattern(this->address(blocks[i]), kItemBytes, i);
  std::byte* const inside = this->address(blocks[1]) + 1;
  expect_refused(pool, this->at(inside), inside, AllocError::foreign_block);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(holds_pattern(this->address(blocks[i]), kItemBytes, i));
  this->give_back(pool, blocks);
}

TYPED_TEST(FixedPools, ANamelessPoolIsReportedWithAnEmptyName) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 1});
  pool.deallocate(this->at(&pool));
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].pool, "");
}

TYPED_TEST(FixedPools, NamesAreCopiedAndCutAt63Bytes) {
  MisuseRecorder recorder;
  for (const std::size_t length : {1U, 62U, 63U, 64U, 1000U}) {
    std::string name(length, 'n');
    name.back() = 'z';
    auto pool = this->make({.capacity = 1, .name = name});
    std::string expected = name.substr(0, 63);
    name.assign(length, 'x');
    pool.deallocate(this->at(&pool));
    const auto records = recorder.take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].pool, expected);
  }
  const char in_longer_text[] = "poolside";
  auto pool = this->make({.capacity = 1, .name = {in_longer_text, 4}});
  pool.deallocate(this->at(&pool));
  EXPECT_EQ(recorder.take().at(0).pool, "pool") << "a view need not end in a null";
}

template <class Subject>
using FixedPoolsDeathTest = FixedPools<Subject>;
TYPED_TEST_SUITE(FixedPoolsDeathTest, AllFixedPools, FixedPoolNames);

TYPED_TEST(FixedPoolsDeathTest, WithoutAHandlerAWrongFreeEndsTheProgramWithOneLine) {
  auto pool = this->make({.capacity = 10, .name = "mortal"});
  const auto block = pool.allocate();
  pool.deallocate(block);
  EXPECT_DEATH(pool.deallocate(block), "double_free.*mortal");
  EXPECT_DEATH(pool.deallocate(this->at(&pool)), "foreign_block.*mortal");
}

// --- sizes, which only blocks have -------------------------------------------------------------------------

template <class Sync>
class BlockPools : public testing::Test {};
using Policies = testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(BlockPools, Policies);

TYPED_TEST(BlockPools, AWrongSizeIsAMismatch) {
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10, .name = "abused"}};
  const Block block = pool.allocate();
  fill_pattern(block.data(), block.size(), 1);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{101},
                                 std::size_t{112}, std::size_t{200}, ~std::size_t{0} >> 1}) {
    const Block wrong{block.data(), size};
    expect_refused(pool, wrong, block.data(), AllocError::size_mismatch);
  }
  EXPECT_TRUE(holds_pattern(block.data(), block.size(), 1));
  EXPECT_TRUE(pool.try_deallocate(block));
  EXPECT_EQ(pool.available(), 10U);
}

TYPED_TEST(BlockPools, AWrongSizeAmongManyIsReportedAndTheOthersTaken) {
  MisuseRecorder recorder;
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10}};
  std::vector<Block> blocks(10);
  ASSERT_EQ(pool.try_allocate_many(blocks), 10U);
  const Block right = blocks[4];
  blocks[4] = right.first(99);
  pool.deallocate_many(blocks);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(pool.in_use(), 1U);
  pool.deallocate(right);
  EXPECT_EQ(pool.available(), 10U);
}

TYPED_TEST(BlockPools, AForeignOrFreeBlockIsThatWhateverItsSize) {
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10, .name = "abused"}};
  std::byte bytes[100]{};
  expect_refused(pool, Block{bytes, 7}, bytes, AllocError::foreign_block);
  const Block block = pool.allocate();
  expect_refused(pool, block.subspan(50), block.data() + 50, AllocError::foreign_block);
  pool.deallocate(block);
  expect_refused(pool, block, block.data(), AllocError::double_free);
}

TYPED_TEST(BlockPools, BlocksAreAsLargeAsAskedForAndAlignedAsMallocsOfThatSize) {
  for (std::size_t size = 1; size <= 300; ++size) {
    BlockPool<TypeParam> pool{{.block_size = size, .capacity = 4}};
    EXPECT_EQ(pool.block_size(), size);
    std::vector<Block> blocks;
    for (int i = 0; i < 4; ++i) {
      blocks.push_back(pool.allocate());
      ASSERT_EQ(blocks.back().size(), size);
      std::size_t natural = 16;
      while (natural > size) natural /= 2;
      EXPECT_EQ(address_of(blocks.back().data()) % natural, 0U) << size;
      fill_pattern(blocks.back().data(), size, blocks.size());
    }
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(holds_pattern(blocks[i].data(), size, i + 1)) << size;
      EXPECT_TRUE(pool.try_deallocate(blocks[i]));
    }
  }
}

TYPED_TEST(BlockPools, LargeBlocksArePoolsToo) {
  for (const std::size_t size :
       {std::size_t{4095}, std::size_t{4096}, std::size_t{4097}, std::size_t{70'000}, std::size_t{3} << 20}) {
    BlockPool<TypeParam> pool{{.block_size = size, .capacity = 3, .capacity_max = 7}};
    std::vector<Block> blocks(8);
    ASSERT_EQ(pool.try_allocate_many(blocks), 7U) << size;
    for (std::size_t i = 0; i < 7; ++i) fill_pattern(blocks[i].data(), size, i);
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_TRUE(holds_pattern(blocks[i].data(), size, i)) << size;
      pool.deallocate(blocks[i]);
    }
    const std::size_t given = pool.trim();
    if (gives_pages_back()) {
      EXPECT_GE(given + 2 * os::page_bytes(), 7 * size) << "all but the pages at both ends";
    }
    EXPECT_GE(pool.capacity(), 3U);
    EXPECT_EQ(pool.try_allocate_many(blocks), 7U) << size;
    pool.deallocate_many(std::span{blocks}.first(7));
  }
}

}  // namespace cenote::test
