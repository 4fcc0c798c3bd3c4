#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/listing.hpp>

#include "stats/peek.hpp"

namespace cenote::stats {
namespace {

std::optional<Account> account_of(std::string_view name) {
  struct Search {
    std::string_view name;
    std::optional<Account> found;
  } search{name, {}};
  for_each_listing(
      [](void* context, const Listing& listing) {
        auto& wanted = *static_cast<Search*>(context);
        if (wanted.name != listing.name) return;
        Account account;
        ASSERT_TRUE(read_listing(listing, LocalPeek{}, account));
        wanted.found = account;
      },
      &search);
  return search.found;
}

/// A pool's entry, closed as a pool must close it.
struct Entry : Listed {
  Entry() = default;
  Entry(Entry&&) noexcept = default;
  Entry& operator=(Entry&&) noexcept = default;
  ~Entry() { close(); }
};

TEST(Listing, WhatHasANameIsListedUntilItsEnd) {
  {
    Entry listed;
    listed.open(Kind::arena, "listing test", Gauges{});
    const std::optional<Account> account = account_of("listing test");
    ASSERT_TRUE(account);
    EXPECT_EQ(account->kind, Kind::arena);
  }
  EXPECT_FALSE(account_of("listing test"));
}

TEST(ListingDeathTest, AnEntryMustBeClosedBeforeItsPoolEnds) {
  EXPECT_DEATH(
      {
        Listed listed;
        listed.open(Kind::arena, "listing left open", Gauges{});
      },
      "close its entry first");
}

TEST(Listing, WhatHasNoNameIsNot) {
  Entry listed;
  listed.open(Kind::arena, "", Gauges{});
  EXPECT_FALSE(listed.is_open());
}

TEST(Listing, ALongNameIsCut) {
  Entry listed;
  listed.open(Kind::arena, std::string(200, 'x'), Gauges{});
  EXPECT_TRUE(account_of(std::string(kNameMax, 'x')));
}

TEST(Listing, AMovedEntryStaysAndAnAssignedOneTakesItsPlace) {
  Entry first, second;
  first.open(Kind::arena, "listing one", Gauges{});
  second.open(Kind::arena, "listing two", Gauges{});
  second = std::move(first);
  EXPECT_TRUE(account_of("listing one"));
  EXPECT_FALSE(account_of("listing two"));
}

TEST(Listing, EntriesLeaveInAnyOrder) {
  std::vector<Entry> all(5);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i].open(Kind::arena, "listing " + std::to_string(i), Gauges{});
  for (const std::size_t leaves : {2U, 4U, 0U, 3U, 1U}) {
    all[leaves].close();
    EXPECT_FALSE(account_of("listing " + std::to_string(leaves)));
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(account_of("listing " + std::to_string(i)).has_value(), all[i].is_open());
    }
  }
}

std::uint64_t read(const Gauge& gauge) {
  std::uint64_t sum = 0;
  EXPECT_TRUE(read_gauge(gauge, LocalPeek{}, sum));
  return sum;
}

TEST(Gauge, ReadsWordsOfAnySize) {
  const std::uint8_t one = 200;
  const std::atomic<std::uint16_t> two{60'000};
  const std::uint32_t four = 4'000'000'000;
  const std::atomic<std::uint64_t> eight{1ULL << 40};
  EXPECT_EQ(read(Gauge::of(Figure::live, one)), 200U);
  EXPECT_EQ(read(Gauge::of(Figure::live, two)), 60'000U);
  EXPECT_EQ(read(Gauge::of(Figure::live, four)), 4'000'000'000U);
  EXPECT_EQ(read(Gauge::of(Figure::live, eight, 3)), 3ULL << 40);
}

TEST(Gauge, ReadsSomeBitsOfAWord) {
  const std::uint64_t word = 0x0000'0007'0000'0005;
  EXPECT_EQ(read(Gauge::of(Figure::live, word).field(0, 32)), 5U);
  EXPECT_EQ(read(Gauge::of(Figure::live, word, 10).field(32, 32)), 70U);
}

struct Item {
  std::uint32_t unused = 9;
  std::uint32_t word = 0;
  Item* next = nullptr;
};

TEST(Gauge, SumsOverAnArray) {
  const Item items[] = {{.word = 1}, {.word = 2}, {.word = 4}};
  EXPECT_EQ(read(Gauge::in_array(Figure::live, items, 3, &Item::word, 2)), 14U);
}

TEST(Gauge, SumsOverAList) {
  Item last{.word = 1}, middle{.word = 2, .next = &last}, first{.word = 4, .next = &middle};
  Item* head = &first;
  const Gauge gauge = Gauge::in_list(Figure::live, head, &Item::next, &Item::word);
  EXPECT_EQ(read(gauge), 7U);
  head = nullptr;
  EXPECT_EQ(read(gauge), 0U);
}

TEST(Gauge, AListThatBitesItsTailEnds) {
  Item item{.word = 1};
  item.next = &item;
  Item* head = &item;
  EXPECT_GT(read(Gauge::in_list(Figure::live, head, &Item::next, &Item::word)), 1U);
}

TEST(Gauge, FollowsAnIndex) {
  const std::uint64_t words[] = {10, 20, 30};
  std::atomic<std::uint64_t> index{0xFF00 | 2};
  const Gauge gauge = Gauge::indexed(Figure::live, words, 3, index, 8);
  EXPECT_EQ(read(gauge), 30U);
  index = 0xFF;  // no item
  EXPECT_EQ(read(gauge), 0U);
}

TEST(Gauge, FollowsWhatMoves) {
  std::uint64_t here[] = {1, 2}, there[] = {10, 20};
  const std::uint64_t elsewhere = 100;
  Entry listed;
  listed.open(Kind::arena, "listing moved",
              Gauges{}.add(Gauge::of(Figure::live, here[1])).add(Gauge::of(Figure::live, elsewhere)));
  EXPECT_EQ((*account_of("listing moved"))[Figure::live], 102U);
  listed.follow(here, there, sizeof here);
  EXPECT_EQ((*account_of("listing moved"))[Figure::live], 120U);
}

TEST(Account, OfEqualBlocksIsCountedInBlocks) {
  const std::uint64_t in_use = 3, taken = 10;
  Entry listed;
  Gauges gauges{.block_bytes = 24, .stride = 32};
  gauges.add(Gauge::of(Figure::blocks_in_use, in_use)).add(Gauge::of(Figure::allocations, taken));
  listed.open(Kind::fixed_pool, "listing blocks", gauges);
  const Account account = *account_of("listing blocks");
  EXPECT_EQ(account[Figure::live], 72U);
  EXPECT_EQ(account[Figure::internal_fragmentation], 24U);
  EXPECT_EQ(account[Figure::deallocations], 7U);
  EXPECT_EQ(account.committed(), 96U);
}

TEST(Account, ASumThatOthersChangeNeverFallsBelowZero) {
  const std::uint64_t two = 2, three = 3;
  Entry listed;
  listed.open(Kind::fixed_pool, "listing race",
              Gauges{}.add(Gauge::of(Figure::live, two)).add(Gauge::of(Figure::live, three, -1)));
  EXPECT_EQ((*account_of("listing race"))[Figure::live], 0U);
}

TEST(Account, OfTwoSumsForAFigureTheGreaterCounts) {
  const std::uint64_t two = 2, three = 3;
  Entry listed;
  listed.open(Kind::fixed_pool, "listing rivals",
              Gauges{}
                  .add(Gauge::of(Figure::blocks_peak, two))
                  .add(Gauge::of(Figure::blocks_peak, three).as_rival()));
  EXPECT_EQ((*account_of("listing rivals"))[Figure::blocks_peak], 3U);
}

/// Cannot read what lies at one address.
class BlindPeek final : public Peek {
 public:
  explicit BlindPeek(const void* hidden) noexcept : hidden_{hidden} {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    return address != hidden_ && LocalPeek{}.copy(address, to, bytes);
  }

 private:
  const void* hidden_;
};

TEST(Account, WhatCannotBeReadIsNoAccount) {
  const std::uint64_t word = 1;
  Listing listing{.magic = Listing::kMagic};
  listing.gauges.add(Gauge::of(Figure::live, word));
  Account account;
  EXPECT_TRUE(read_listing(listing, LocalPeek{}, account));
  EXPECT_FALSE(read_listing(listing, BlindPeek{&word}, account));
  listing.magic = 0;
  EXPECT_FALSE(read_listing(listing, LocalPeek{}, account));
}

TEST(Peek, CopiesFromAnyAddress) {
  std::vector<unsigned char> from(64), to(64);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<unsigned char>(i);
  for (std::size_t start = 0; start < 16; ++start) {
    for (std::size_t bytes = 0; bytes <= 33; ++bytes) {
      std::ranges::fill(to, 0xFF);
      ASSERT_TRUE(LocalPeek{}.copy(from.data() + start, to.data(), bytes));
      EXPECT_TRUE(std::equal(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(bytes),
                             from.begin() + static_cast<std::ptrdiff_t>(start)));
      EXPECT_EQ(to[bytes], 0xFF);
    }
  }
}

TEST(Names, EachFigureAndKindHasOne) {
  for (std::size_t i = 0; i < kFigures; ++i) EXPECT_FALSE(name_of(static_cast<Figure>(i)).empty());
  EXPECT_EQ(name_of(Figure::failures), "failures");
  EXPECT_EQ(name_of(Kind::numa_pool), "numa_pool");
  EXPECT_EQ(name_of(Kind::limit), "limit");
  EXPECT_EQ(name_of(static_cast<Kind>(1000)), "unknown");
}

}  // namespace
}  // namespace cenote::stats
