/// What an epoch domain promises, by one thread and by few that wait for each other.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/pool_manager.hpp>

#include "os/thread.hpp"
#include "pools/epoch/tracked.hpp"
#include "support/blocked_thread.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

using TrackedPool = FixedPool<Tracked>;

class EpochDomains : public testing::TestWithParam<EpochFence> {
 protected:
  EpochOptions options(std::size_t retired_max = 0) const {
    return {.name = "domain", .retired_max = retired_max, .fence = GetParam()};
  }
  Tracked* make() { return make_raw(pool, live); }

  std::atomic<int> live{0};
  TrackedPool pool{{.capacity = 8192, .capacity_max = 100'000}};
};

INSTANTIATE_TEST_SUITE_P(Fence, EpochDomains, testing::Values(EpochFence::collections, EpochFence::readers),
                         [](const auto& fence) {
                           return fence.param == EpochFence::readers ? "AtReaders" : "AtCollections";
                         });

TEST_P(EpochDomains, ARetiredObjectIsDestroyedAndGivenBackByTheNextCollection) {
  EpochDomain domain{options()};
  domain.retire(pool, make());
  EXPECT_EQ(live, 1);
  EXPECT_EQ(domain.collect(), 1U);
  EXPECT_EQ(live, 0);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(domain.collect(), 0U);
}

TEST_P(EpochDomains, BlocksOfAManagerAreReclaimedWithTheSizeOfEach) {
  for (const bool pass_through : {false, true}) {
    PoolManager manager{ManagerOptions{.pass_through = pass_through}};
    EpochDomain domain{options()};
    const Block small = manager.allocate_fixed(100), large = manager.allocate_fixed(5000);
    {
      const auto guard = domain.enter();
      domain.retire(manager, small);
      EXPECT_TRUE(domain.try_retire(manager, large));
      EXPECT_EQ(domain.collect(), 0U);
      EXPECT_EQ(manager.stats().blocks_in_use, 2U);
    }
    EXPECT_EQ(domain.collect(), 2U);
    EXPECT_EQ(manager.stats().blocks_in_use, 0U);
    EXPECT_EQ(manager.available(100), 1U);
    EXPECT_EQ(manager.available(5000), 1U);
  }
}

TEST_P(EpochDomains, ABlockWithAWrongSizeIsNotRetired) {
  PoolManager manager;
  EpochDomain domain{options()};
  const Block block = manager.allocate_fixed(100);
  const Result<void> wrong = domain.try_retire(manager, block.first(99));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), AllocError::size_mismatch);
  {
    MisuseRecorder recorder;
    domain.retire(manager, block.first(99));
    const std::vector<MisuseRecorder::Record> reported = recorder.take();
    ASSERT_EQ(reported.size(), 1U);
    EXPECT_EQ(reported.front().error, AllocError::size_mismatch);
  }
  EXPECT_EQ(domain.stats().waiting, 0U);
  manager.deallocate(block);
}

TEST_P(EpochDomains, AGuardKeepsWhatWasRetiredSinceItBegan) {
  EpochDomain domain{options()};
  {
    auto guard = domain.enter();
    domain.retire(pool, make());
    EXPECT_EQ(domain.collect(), 0U);
    EXPECT_EQ(domain.collect(), 0U);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(domain.collect(), 1U);
  EXPECT_EQ(live, 0);
}

TEST_P(EpochDomains, AnotherThreadsGuardKeepsItToo) {
  EpochDomain domain{options()};
  Reader reader{domain};
  domain.retire(pool, make());
  EXPECT_EQ(domain.collect(), 0U);
  EXPECT_EQ(live, 1);
  reader.leave();
  EXPECT_EQ(domain.collect(), 1U);
}

TEST_P(EpochDomains, AGuardDoesNotKeepWhatWasCollectedOnceBeforeItBegan) {
  EpochDomain domain{options()};
  std::optional<Reader> before{domain};
  domain.retire(pool, make());
  EXPECT_EQ(domain.collect(), 0U);
  Reader after{domain};
  before.reset();
  EXPECT_EQ(domain.collect(), 1U);
}

TEST_P(EpochDomains, GuardsNestAndOnlyTheOutermostCounts) {
  EpochDomain domain{options()};
  {
    auto outer = domain.enter();
    domain.retire(pool, make());
    {
      auto inner = domain.enter();
      auto innermost = std::move(inner);
      EXPECT_EQ(domain.collect(), 0U);
    }
    EXPECT_EQ(domain.collect(), 0U);
    EXPECT_EQ(domain.stats().readers, 1U);
  }
  EXPECT_EQ(domain.stats().readers, 0U);
  EXPECT_EQ(domain.collect(), 1U);
}

TEST_P(EpochDomains, GuardsOfOneDomainDoNotKeepBlocksOfAnother) {
  EpochDomain one{options()}, other{options()};
  auto guard = one.enter();
  other.retire(pool, make());
  EXPECT_EQ(other.collect(), 1U);
}

TEST_P(EpochDomains, WhatASleepingThreadRetiredIsCollectedByOthers) {
  EpochDomain domain{options()};
  Latch retired{1}, may_end{1};
  std::thread sleeper{[&] {
    for (int i = 0; i < 10; ++i) domain.retire(pool, make());
    retired.count_down();
    may_end.wait();
  }};
  retired.wait();
  EXPECT_EQ(domain.collect(), 10U);
  may_end.count_down();
  sleeper.join();
}

TEST_P(EpochDomains, WhatAThreadLeftAtItsEndIsCollectedByOthers) {
  EpochDomain domain{options()};
  for (int i = 0; i < 100; ++i) std::thread{[&] { domain.retire(pool, make()); }}.join();
  EXPECT_EQ(domain.stats().threads, 0U);
  EXPECT_EQ(domain.collect(), 100U);
}

TEST_P(EpochDomains, ManyRetirementsCollectByThemselves) {
  EpochDomain domain{options()};
  for (int i = 0; i < 50'000; ++i) domain.retire(pool, make());
  EXPECT_LT(live, 5000);
  EXPECT_EQ(domain.stats().retired, 50'000U);
}

TEST_P(EpochDomains, TheEndOfADomainGivesEverythingBack) {
  {
    EpochDomain domain{options()};
    for (int i = 0; i < 3000; ++i) domain.retire(pool, make());
  }
  EXPECT_EQ(live, 0);
  EXPECT_EQ(pool.in_use(), 0U);
}

struct Chain {
  ~Chain() {
    if (next != nullptr) domain->retire(*pool, next);
  }
  EpochDomain* domain;
  FixedPool<Chain>* pool;
  Chain* next;
};

TEST_P(EpochDomains, DestructorsMayRetireWhatTheyLeadTo) {
  constexpr int kLinks = 20'000;
  FixedPool<Chain> chains{{.capacity = kLinks}};
  {
    EpochDomain domain{options(100)};
    Chain* head = nullptr;
    for (int i = 0; i < kLinks; ++i) head = std::construct_at(chains.allocate(), &domain, &chains, head);
    domain.retire(chains, head);
  }
  EXPECT_EQ(chains.in_use(), 0U);
}

TEST_P(EpochDomains, SynchronizeWaitsForTheGuardsOfNow) {
  EpochDomain domain{options()};
  auto reader = std::make_unique<Reader>(domain);
  domain.retire(pool, make());
  BlockedThread waiter{[&] { domain.synchronize(); }};
  waiter.await_sleep();
  EXPECT_FALSE(waiter.is_done());
  EXPECT_EQ(live, 1);
  reader->leave();
  waiter.join();
  EXPECT_EQ(live, 0);
}

TEST_P(EpochDomains, SynchronizeWaitsForGuardsAlsoWhenNothingIsRetired) {
  EpochDomain domain{options()};
  Reader reader{domain};
  BlockedThread waiter{[&] { domain.synchronize(); }};
  waiter.await_sleep();
  EXPECT_FALSE(waiter.is_done());
  reader.leave();
  waiter.join();
}

TEST_P(EpochDomains, TryRetireRefusesAtTheLimitAndWorksAgainAfterTheReader) {
  EpochDomain domain{options(100)};
  Reader reader{domain};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(domain.try_retire(pool, make())) << i;
  Tracked* const one_more = make();
  EXPECT_EQ(domain.try_retire(pool, one_more).error(), AllocError::limit_reached);
  EXPECT_EQ(live, 101) << "a refused object stays the caller's";
  EXPECT_EQ(domain.stats().waiting, 100U);
  reader.leave();
  EXPECT_TRUE(domain.try_retire(pool, one_more));
}

TEST_P(EpochDomains, RetireWaitsAtTheLimitForTheReader) {
  EpochDomain domain{options(10)};
  auto reader = std::make_unique<Reader>(domain);
  for (int i = 0; i < 10; ++i) domain.retire(pool, make());
  BlockedThread writer{[&] { domain.retire(pool, make()); }};
  writer.await_sleep();
  EXPECT_FALSE(writer.is_done());
  EXPECT_LE(domain.stats().waiting, 10U);
  reader->leave();
  writer.join();
  EXPECT_LE(domain.stats().waiting, 10U);
}

TEST_P(EpochDomains, RetireInsideAGuardGoesBeyondTheLimitAndTheGuardsEndWaits) {
  EpochDomain domain{options(10)};
  auto reader = std::make_unique<Reader>(domain);
  Latch retired{1};
  BlockedThread writer{[&] {
    auto guard = domain.enter();
    for (int i = 0; i < 15; ++i) domain.retire(pool, make());
    retired.count_down();
  }};
  retired.wait();
  writer.await_sleep();
  EXPECT_FALSE(writer.is_done());
  EXPECT_EQ(domain.stats().waiting, 15U);
  reader->leave();
  writer.join();
  EXPECT_LE(domain.stats().waiting, 10U);
}

TEST_P(EpochDomains, TwoWritersInGuardsAtTheLimitDoNotWaitForEachOther) {
  EpochDomain domain{options(4)};
  Latch both_inside{2};
  const auto write = [&] {
    auto guard = domain.enter();
    both_inside.arrive_and_wait();
    for (int i = 0; i < 10; ++i) domain.retire(pool, make());
  };
  std::thread one{write}, other{write};
  one.join();
  other.join();
  EXPECT_LE(domain.stats().waiting, 4U);
}

TEST_P(EpochDomains, ListsStaySmallWhenEachCollectionFindsOneBlock) {
  EpochDomain domain{options()};
  Reader reader{domain};
  for (int i = 0; i < 6400; ++i) {
    domain.retire(pool, make());
    domain.collect();
  }
  EXPECT_EQ(domain.stats().waiting, 6400U);
  EXPECT_LT(domain.stats().metadata_bytes, std::size_t{400} * 1024);
}

TEST_P(EpochDomains, StatisticsAddUp) {
  EpochDomain domain{options(1000)};
  auto guard = domain.enter();
  for (int i = 0; i < 70; ++i) domain.retire(pool, make());
  const EpochStats stats = domain.stats();
  EXPECT_EQ(stats.retired, 70U);
  EXPECT_EQ(stats.reclaimed, 0U);
  EXPECT_EQ(stats.waiting, 70U);
  EXPECT_EQ(stats.retired_max, 1000U);
  EXPECT_EQ(stats.readers, 1U);
  EXPECT_EQ(stats.threads, 1U);
  EXPECT_EQ(stats.stalled, 0U);
  domain.collect();
  EXPECT_GT(domain.stats().epoch, stats.epoch);
}

TEST_P(EpochDomains, IsListedByItsName) {
  EpochDomain domain{{.name = "listed-epochs", .fence = GetParam()}};
  auto guard = domain.enter();
  for (int i = 0; i < 5; ++i) domain.retire(pool, make());
  const stats::Snapshot snapshot = stats::snapshot();
  const auto found = std::find_if(snapshot.pools.begin(), snapshot.pools.end(), [](const auto& account) {
    return std::string_view{account.name} == "listed-epochs";
  });
  ASSERT_NE(found, snapshot.pools.end());
  EXPECT_EQ(name_of(found->kind), "epoch_domain");
  EXPECT_EQ((*found)[stats::Figure::blocks_in_use], 5U);
}

TEST_P(EpochDomains, ManyDomainsComeAndGo) {
  for (int i = 0; i < 3000; ++i) {
    EpochDomain domain{options()};
    auto guard = domain.enter();
    domain.retire(pool, make());
  }
  EXPECT_EQ(live, 0);
}

TEST_P(EpochDomains, AThreadUsesManyDomainsAtOnce) {
  std::vector<std::unique_ptr<EpochDomain>> domains;
  for (int i = 0; i < 700; ++i) domains.push_back(std::make_unique<EpochDomain>(options()));
  for (int round = 0; round < 3; ++round) {
    for (const auto& domain : domains) {
      auto guard = domain->enter();
      domain->retire(pool, make());
    }
  }
  for (const auto& domain : domains) EXPECT_EQ(domain->collect(), 3U);
}

// --- what a block may go back to ---------------------------------------------------------------------------

TEST(EpochRetire, GoesBackToPoolsOfEveryKind) {
  EpochDomain domain;
  Heap heap;
  BlockPool<> blocks{{.block_size = 48, .capacity = 100}};
  BuddyAllocator buddies{{.bytes = std::size_t{1} << 20}};
  for (int i = 0; i < 30; ++i) {
    domain.retire(heap, heap.allocate(100));
    domain.retire(blocks, blocks.allocate());
    domain.retire(buddies, buddies.allocate(4096));
  }
  EXPECT_EQ(domain.collect(), 90U);
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(EpochRetire, BlocksOfOnePoolGoBackManyAtATime) {
  EpochDomain domain;
  CountingPool one, other;
  int block = 0;
  for (int i = 0; i < 640; ++i) {
    domain.retire(one, &block);
    domain.retire(other, &block);
  }
  domain.collect();
  EXPECT_EQ(one.taken, 640U);
  EXPECT_EQ(other.taken, 640U);
  EXPECT_LE(one.calls, 21U);
}

TEST(EpochRetire, GoesBackThroughDeleters) {
  EpochDomain domain;
  std::atomic<int> live{0};
  domain.retire(new Tracked{live});
  int counted = 0;
  const auto count = [&counted](Tracked* object) {
    ++counted;
    delete object;
  };
  domain.retire(new Tracked{live}, count);
  FixedPool<Tracked> pool{{.capacity = 1}};
  auto handle = pool.make(live);
  const auto deleter = handle.get_deleter();
  EXPECT_TRUE(domain.try_retire(handle.release(), deleter));
  EXPECT_EQ(live, 3);
  EXPECT_EQ(domain.collect(), 3U);
  EXPECT_EQ(live, 0);
  EXPECT_EQ(counted, 1);
  EXPECT_EQ(pool.in_use(), 0U);
}

// --- stalled readers ---------------------------------------------------------------------------------------

TEST(EpochStall, AReaderThatStaysIsReportedOnce) {
  const StallRecorder recorder;
  int value = 0;
  CountingPool pool;
  EpochDomain domain{{.name = "slow", .stall_after_ms = 20}};
  Reader reader{domain};
  domain.retire(pool, &value);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{120};
  while (std::chrono::steady_clock::now() < end) domain.collect();
  EXPECT_EQ(domain.stats().stalled, 1U);
  const auto seen = recorder.seen();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].domain, "slow");
  EXPECT_NE(seen[0].thread_id, os::thread_id());
  EXPECT_GE(seen[0].milliseconds, 20U);
  EXPECT_EQ(seen[0].waiting, 1U);
  reader.leave();
  domain.collect();
  EXPECT_EQ(domain.stats().stalled, 0U);
}

TEST(EpochStall, AReaderThatComesAndGoesIsNot) {
  const StallRecorder recorder;
  CountingPool pool;
  int value = 0;
  EpochDomain domain{{.stall_after_ms = 20}};
  std::atomic<bool> stop{false};
  std::thread reader{[&] {
    while (!stop) {
      auto guard = domain.enter();
    }
  }};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{120};
  while (std::chrono::steady_clock::now() < end) {
    domain.retire(pool, &value);
    domain.collect();
  }
  stop = true;
  reader.join();
  EXPECT_TRUE(recorder.seen().empty());
}

TEST(EpochStall, ADefaultReportNamesDomainThreadAndBlocks) {
  testing::internal::CaptureStderr();
  report_stalled_reader({"orders", 4711, "reader", 1003, 65536});
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      "cenote: epoch domain \"orders\": thread 4711 \"reader\" has stayed in a guard for 1003 ms, and 65536 "
      "retired blocks wait\n");
}

// --- misuse ------------------------------------------------------------------------------------------------

TEST(EpochDeathTest, SynchronizeInsideAGuardSaysSo) {
  EpochDomain domain;
  auto guard = domain.enter();
  EXPECT_DEATH(domain.synchronize(), "end this thread's own first");
}

TEST(EpochDeathTest, ADomainThatEndsInsideAGuardSaysSo) {
  EXPECT_DEATH(
      {
        std::optional<EpochDomain> domain{std::in_place};
        auto guard = domain->enter();
        domain.reset();
      },
      "inside one of its guards");
}

}  // namespace
}  // namespace cenote::test
