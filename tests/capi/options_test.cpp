#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.h>

#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

/// A struct of a later version: `extra` follows the members that this one knows.
template <class Options>
struct Later {
  Options known;
  unsigned char extra[24] = {};
};

// Each creates an object of the options and destroys it.
cenote_error create(const cenote_heap_options& options) {
  cenote_heap* heap = nullptr;
  const cenote_error error = cenote_heap_create(&options, &heap);
  cenote_heap_destroy(heap);
  return error;
}
cenote_error create(const cenote_pool_options& options) {
  cenote_pool* pool = nullptr;
  const cenote_error error = cenote_pool_create(&options, &pool);
  cenote_pool_destroy(pool);
  return error;
}
cenote_error create(const cenote_arena_options& options) {
  cenote_arena* arena = nullptr;
  const cenote_error error = cenote_arena_create(&options, &arena);
  cenote_arena_destroy(arena);
  return error;
}

template <class Options>
Options valid_options();
template <>
cenote_heap_options valid_options() {
  return CENOTE_HEAP_OPTIONS;
}
template <>
cenote_pool_options valid_options() {
  cenote_pool_options options = CENOTE_POOL_OPTIONS;
  options.block_size = 64;
  options.capacity = 10;
  return options;
}
template <>
cenote_arena_options valid_options() {
  return CENOTE_ARENA_OPTIONS;
}

template <class Options>
class COptions : public testing::Test {};
using AllOptions = testing::Types<cenote_heap_options, cenote_pool_options, cenote_arena_options>;
TYPED_TEST_SUITE(COptions, AllOptions);

TYPED_TEST(COptions, StartWithTheirSize) {
  const TypeParam options = valid_options<TypeParam>();
  EXPECT_EQ(offsetof(TypeParam, struct_size), 0U);
  EXPECT_EQ(options.struct_size, sizeof options);
  EXPECT_EQ(create(options), CENOTE_OK);
}

TYPED_TEST(COptions, OfALaterVersionServeWhereWhatIsUnknownIs0) {
  Later<TypeParam> options{valid_options<TypeParam>()};
  options.known.struct_size = sizeof options;
  EXPECT_EQ(create(options.known), CENOTE_OK);
  for (const std::size_t i : {std::size_t{0}, sizeof options.extra - 1}) {
    options.extra[i] = 1;
    EXPECT_EQ(create(options.known), CENOTE_BAD_OPTION);
    options.known.struct_size = sizeof options.known + i;  // the byte is outside
    EXPECT_EQ(create(options.known), CENOTE_OK);
    options.known.struct_size = sizeof options;
    options.extra[i] = 0;
  }
}

TYPED_TEST(COptions, OfASizeThatNoVersionHasAreRefused) {
  TypeParam options = valid_options<TypeParam>();
  for (const std::size_t size : {std::size_t{0}, sizeof(std::size_t) - 1, std::size_t{4097}, SIZE_MAX}) {
    options.struct_size = size;
    EXPECT_EQ(create(options), CENOTE_BAD_OPTION);
  }
}

TYPED_TEST(COptions, WithAnUnknownPageKindAreRefused) {
  TypeParam options = valid_options<TypeParam>();
  const int unknown = 4;
  std::memcpy(static_cast<void*>(&options.pages), &unknown, sizeof unknown);
  EXPECT_EQ(create(options), CENOTE_BAD_OPTION);
  options.struct_size = offsetof(TypeParam, pages);  // the member is outside, and has its default
  EXPECT_EQ(create(options), CENOTE_OK);
  options.struct_size = offsetof(TypeParam, pages) + 1;  // so has one that is cut
  EXPECT_EQ(create(options), CENOTE_OK);
}

TEST(COptions, OfAnEarlierVersionHaveTheDefaultsOfWhatTheyLack) {
  cenote_heap_options heap = CENOTE_HEAP_OPTIONS;
  heap.struct_size = offsetof(cenote_heap_options, hardening);
  heap.hardening = CENOTE_HARDENING_TRUSTING;  // not read
  heap.limit_bytes = 1 << 20;                  // read
  cenote_heap* created = nullptr;
  ASSERT_EQ(cenote_heap_create(&heap, &created), CENOTE_OK);
  void* block = nullptr;
  EXPECT_EQ(cenote_heap_allocate(created, 4 << 20, &block), CENOTE_LIMIT_REACHED);
  ASSERT_EQ(cenote_heap_allocate(created, 100, &block), CENOTE_OK);
  MisuseRecorder misuses;  // a pointer into a block is found by a checked heap only
  cenote_heap_deallocate(created, static_cast<char*>(block) + 16);
  ASSERT_EQ(misuses.take().size(), 1U);
  cenote_heap_destroy(created);

  cenote_arena_options arena = CENOTE_ARENA_OPTIONS;
  arena.struct_size = offsetof(cenote_arena_options, chunk_bytes);
  arena.chunk_bytes = 0;  // would be refused, but is not read
  EXPECT_EQ(create(arena), CENOTE_OK);

  cenote_pool_options pool = valid_options<cenote_pool_options>();
  pool.struct_size = offsetof(cenote_pool_options, capacity_max);
  pool.capacity_max = 1;  // would be refused, but is not read
  EXPECT_EQ(create(pool), CENOTE_OK);
}

TEST(COptions, ReservedMembersAreZero) {
  cenote_pool_options pool = valid_options<cenote_pool_options>();
  pool.reserved = 1;
  EXPECT_EQ(create(pool), CENOTE_BAD_OPTION);
  cenote_arena_options arena = CENOTE_ARENA_OPTIONS;
  arena.reserved = 1;
  EXPECT_EQ(create(arena), CENOTE_BAD_OPTION);
}

}  // namespace
}  // namespace cenote::test
