// Every container of the standard, over every kind of allocator: built, copied, moved, assigned and swapped
// within a pool and between two.
#include <deque>
#include <forward_list>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/allocator_families.hpp"
#include "adapters/tracked.hpp"
#include "support/sampled_types.hpp"

namespace cenote::test {
namespace {

constexpr int kElements = 300;

template <class Family>
class Containers : public testing::Test {
 protected:
  template <class T>
  using Allocator = typename Family::template Allocator<T>;
  template <class T>
  using Vector = std::vector<T, Allocator<T>>;
  template <class T>
  using Deque = std::deque<T, Allocator<T>>;
  template <class T>
  using List = std::list<T, Allocator<T>>;
  template <class T>
  using ForwardList = std::forward_list<T, Allocator<T>>;
  template <class T>
  using Set = std::set<T, std::less<>, Allocator<T>>;
  template <class T>
  using Multiset = std::multiset<T, std::less<>, Allocator<T>>;
  template <class K, class V>
  using Map = std::map<K, V, std::less<>, Allocator<std::pair<const K, V>>>;
  template <class K, class V>
  using Multimap = std::multimap<K, V, std::less<>, Allocator<std::pair<const K, V>>>;
  template <class T>
  using UnorderedSet = std::unordered_set<T, std::hash<T>, std::equal_to<>, Allocator<T>>;
  template <class K, class V>
  using UnorderedMap =
      std::unordered_map<K, V, std::hash<K>, std::equal_to<>, Allocator<std::pair<const K, V>>>;
  template <class K, class V>
  using UnorderedMultimap =
      std::unordered_multimap<K, V, std::hash<K>, std::equal_to<>, Allocator<std::pair<const K, V>>>;
  using String = std::basic_string<char, std::char_traits<char>, Allocator<char>>;

  void TearDown() override {
    EXPECT_EQ(family.in_use(), 0U) << "blocks leaked";
    EXPECT_EQ(Tracked::live, 0U) << "elements leaked";
  }

  /// A container with `fill` applied to it: its life from copy to swap. All that is made dies here.
  template <class C, class Fill>
  void live(Fill fill) {
    using T = typename C::value_type;
    const auto here = family.template here<T>();
    const auto there = family.template there<T>();
    C filled(here);
    fill(filled);
    const C& model = filled;

    C copied{model};
    EXPECT_EQ(copied, model);
    C copied_there(model, there);
    EXPECT_EQ(copied_there, model);
    EXPECT_TRUE(copied_there.get_allocator() == there);
    C moved{std::move(copied)};
    EXPECT_EQ(moved, model);
    C moved_there(std::move(moved), there);
    EXPECT_EQ(moved_there, model);
    EXPECT_TRUE(moved_there.get_allocator() == there);
    assign(model, moved_there);
    swap(model);
  }

 private:
  template <class C>
  void assign(const C& model, C& moved_there) {
    C assigned(family.template there<typename C::value_type>());
    assigned = model;
    EXPECT_EQ(assigned, model);
    assigned = model;
    EXPECT_EQ(assigned, model);
    C target(model);
    target = std::move(moved_there);
    EXPECT_EQ(target, model);
    target = std::move(assigned);
    EXPECT_EQ(target, model);
  }

  /// Between unequal allocators only where they travel along: else the standard leaves it undefined.
  template <class C>
  void swap(const C& model) {
    using Traits = std::allocator_traits<typename C::allocator_type>;
    constexpr bool kFree = Traits::propagate_on_container_swap::value || Traits::is_always_equal::value;
    using T = typename C::value_type;
    C empty(kFree ? family.template there<T>() : family.template here<T>());
    C full(model, family.template here<T>());
    empty.swap(full);
    EXPECT_EQ(empty, model);
    EXPECT_TRUE(full == C(full.get_allocator()));
    full = empty;
    EXPECT_EQ(full, model);
  }

 protected:
  Family family;
};

/// Each adapter, over a pool of each kind: any size, exact sizes, blocks of one size, an arena.
using Families = SampledTypes<
    testing::Types<OverStl<Heap>, OverPmr<PoolManager>, OverStl<Arena>, OverNodes>,
    testing::Types<OverStl<OwnHeap>, OverStl<OwnExactPool>, OverStl<PoolManager>, OverPmr<Heap>,
                   OverStl<BlockPool<SingleThread>>, OverStl<BlockPool<ThreadCached>>, OverPmr<OwnHeap>,
                   OverPmr<BlockPool<LockFree>>, OverPmr<Arena>, OverPmr<ConcurrentArena>>>;
TYPED_TEST_SUITE(Containers, Families);

constexpr auto kPushBack = [](auto& container) {
  for (int i = 0; i < kElements; ++i) container.emplace_back(i);
};
constexpr auto kInsert = [](auto& container) {
  for (int i = 0; i < kElements; ++i) container.emplace(i * 7 % 101);
};
constexpr auto kInsertPairs = [](auto& container) {
  for (int i = 0; i < kElements; ++i) container.emplace(i * 7 % 101, i);
  container.erase(container.begin());
};

TYPED_TEST(Containers, VectorKeepsItsElements) {
  this->template live<typename TestFixture::template Vector<Tracked>>(kPushBack);
}

TYPED_TEST(Containers, VectorOfBoolKeepsItsBits) {
  this->template live<typename TestFixture::template Vector<bool>>([](auto& bits) {
    for (int i = 0; i < kElements; ++i) bits.push_back(i % 3 == 0);
  });
}

TYPED_TEST(Containers, DequeKeepsItsElements) {
  this->template live<typename TestFixture::template Deque<Tracked>>(kPushBack);
}

TYPED_TEST(Containers, ListKeepsItsElements) {
  this->template live<typename TestFixture::template List<Tracked>>(kPushBack);
}

TYPED_TEST(Containers, ForwardListKeepsItsElements) {
  this->template live<typename TestFixture::template ForwardList<Tracked>>([](auto& list) {
    for (int i = 0; i < kElements; ++i) list.emplace_front(i);
    list.sort();
  });
}

TYPED_TEST(Containers, SetKeepsItsElements) {
  this->template live<typename TestFixture::template Set<Tracked>>(kInsert);
}

TYPED_TEST(Containers, MultisetKeepsItsElements) {
  this->template live<typename TestFixture::template Multiset<Tracked>>(kInsert);
}

TYPED_TEST(Containers, MapKeepsItsElements) {
  this->template live<typename TestFixture::template Map<Tracked, int>>(kInsertPairs);
}

TYPED_TEST(Containers, MultimapKeepsItsElements) {
  this->template live<typename TestFixture::template Multimap<int, Tracked>>(kInsertPairs);
}

TYPED_TEST(Containers, UnorderedSetKeepsItsElements) {
  this->template live<typename TestFixture::template UnorderedSet<Tracked>>(kInsert);
}

TYPED_TEST(Containers, UnorderedMapKeepsItsElements) {
  this->template live<typename TestFixture::template UnorderedMap<int, Tracked>>(kInsertPairs);
}

TYPED_TEST(Containers, UnorderedMultimapKeepsItsElements) {
  this->template live<typename TestFixture::template UnorderedMultimap<int, Tracked>>(kInsertPairs);
}

TYPED_TEST(Containers, StringKeepsItsText) {
  this->template live<typename TestFixture::String>([](auto& text) {
    for (int i = 0; i < kElements; ++i) text += static_cast<char>('a' + i % 26);
  });
}

TYPED_TEST(Containers, ListSplicesWithinAPool) {
  typename TestFixture::template List<Tracked> evens(this->family.template here<Tracked>());
  typename TestFixture::template List<Tracked> odds(evens.get_allocator());
  for (int i = 0; i < 10; ++i) (i % 2 == 0 ? evens : odds).emplace_back(i);
  evens.splice(evens.end(), odds, odds.begin());
  evens.merge(odds);
  evens.sort();
  EXPECT_TRUE(odds.empty());
  int expected = 0;
  for (const Tracked& each : evens) EXPECT_EQ(each.value, expected++);
  EXPECT_EQ(expected, 10);
}

TYPED_TEST(Containers, MapNodesPassFromMapToMap) {
  typename TestFixture::template Map<int, Tracked> from(this->family.template here<Tracked>());
  typename TestFixture::template Map<int, Tracked> into(from.get_allocator());
  kInsertPairs(from);
  const int key = from.begin()->first;
  auto node = from.extract(key);
  ASSERT_TRUE(node);
  EXPECT_TRUE(into.insert(std::move(node)).inserted);
  into.merge(from);
  EXPECT_EQ(into.size(), 100U);
  EXPECT_TRUE(from.empty());
}

TYPED_TEST(Containers, SharedObjectsLiveInThePoolUntilTheirLastWitnessGoes) {
  std::weak_ptr<Tracked> witness;
  {
    const auto shared = std::allocate_shared<Tracked>(this->family.template here<Tracked>(), 7);
    const auto again = shared;  // NOLINT(performance-unnecessary-copy-initialization)
    witness = again;
    EXPECT_EQ(again->value, 7);
  }
  EXPECT_TRUE(witness.expired());
}

TYPED_TEST(Containers, OverAlignedElementsStandWhereTheyMust) {
  if constexpr (TypeParam::serves_wide) {
    typename TestFixture::template Vector<Wide> vector(this->family.template here<Wide>());
    typename TestFixture::template List<Wide> list(this->family.template here<Wide>());
    for (int i = 0; i < kElements; ++i) {
      EXPECT_TRUE(vector.emplace_back(Wide{i}).placed_well());
      EXPECT_TRUE(list.emplace_back(Wide{i}).placed_well());
    }
    EXPECT_TRUE(std::allocate_shared<Wide>(this->family.template here<Wide>(), Wide{1})->placed_well());
  } else {
    typename TestFixture::template List<Wide> list(this->family.template here<Wide>());
    EXPECT_THROW(list.emplace_back(Wide{}), std::bad_alloc);
  }
}

/// Builds until the n-th construction fails, for every n that one does.
template <class Build>
void fail_everywhere(Build build) {
  for (std::size_t n = 1;; ++n) {
    Tracked::fail_after = n;
    try {
      build();
      Tracked::fail_after = 0;
      EXPECT_GT(n, 20U) << "the constructions never failed";
      return;
    } catch (const ConstructionFailed&) {
      EXPECT_EQ(Tracked::fail_after, 0U);
      EXPECT_EQ(Tracked::live, 0U);
    }
  }
}

TYPED_TEST(Containers, ThrowingElementsLeakNothing) {
  const auto elements = this->family.template here<Tracked>();
  fail_everywhere([&] {
    typename TestFixture::template Vector<Tracked> vector(elements);
    typename TestFixture::template List<Tracked> list(elements);
    typename TestFixture::template Map<int, Tracked> map(elements);
    typename TestFixture::template UnorderedMap<int, Tracked> table(elements);
    for (int i = 0; i < 20; ++i) {
      vector.emplace_back(i);
      list.emplace_back(i);
      map.emplace(i, i);
      table.emplace(i, i);
      (void)std::allocate_shared<Tracked>(elements, i);
    }
    const auto copies = std::pair{map, table};
  });
}

TYPED_TEST(Containers, NothingIsAPointerOfItsOwn) {
  auto allocator = this->family.template here<long>();
  long* const a = allocator.allocate(0);
  long* const b = allocator.allocate(0);
  EXPECT_NE(a, nullptr);
  EXPECT_NE(a, b);
  allocator.deallocate(a, 0);
  allocator.deallocate(b, 0);
}

TYPED_TEST(Containers, MoreThanCanBeCountedIsRefused) {
  auto allocator = this->family.template here<long>();
  EXPECT_THROW((void)allocator.allocate(std::numeric_limits<std::size_t>::max() / sizeof(long) + 1),
               std::bad_array_new_length);
  if (!std::is_same_v<TypeParam, OverStl<OwnExactPool>>) {
    EXPECT_THROW((void)allocator.allocate(std::numeric_limits<std::size_t>::max() / sizeof(long)),
                 std::bad_alloc);
  }
}

}  // namespace
}  // namespace cenote::test
