#include "inspect/live_profile.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>

#include "profile/profiled.hpp"
#include "stats/peek.hpp"

namespace site {

[[gnu::noinline]] void* here(cenote::Heap& heap, std::size_t bytes) {
  void* const block = heap.allocate(bytes);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

[[gnu::noinline]] void* there(cenote::Heap& heap, std::size_t bytes) {
  void* const block = heap.allocate(bytes);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

}  // namespace site

namespace cenote::inspect {
namespace {

LiveProfile read() {
  const stats::LocalPeek peek;
  auto profile = live_profile(&profile::g_profile_anchor, peek);
  EXPECT_TRUE(profile);
  return profile ? std::move(*profile) : LiveProfile{};
}

std::string text(const profile::Name* name) { return name == nullptr ? "" : name->text; }

std::vector<ProfiledSite> of_pool(const LiveProfile& profile, const std::string& pool) {
  std::vector<ProfiledSite> sites = profile.sites;
  std::erase_if(sites, [&](const ProfiledSite& site) { return text(site.place.pool) != pool; });
  return sites;
}

TEST(LiveProfileTest, IsNoneWhereNothingWasStarted) {
  static profile::Recorder idle;
  const profile::ProfileAnchor anchor{{.layout = profile::ProfileAnchor::kLayout}, &idle, &idle.changes()};
  const stats::LocalPeek peek;
  EXPECT_FALSE(live_profile(&anchor, peek));
}

TEST(LiveProfileTest, IsNoneWhereTheLayoutIsAnother) {
  profile::ProfileAnchor other = profile::g_profile_anchor;
  ++other.head.layout;
  const stats::LocalPeek peek;
  EXPECT_FALSE(live_profile(&other, peek));
}

TEST(LiveProfileTest, AtRateOneKnownStacksAreExact) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "live known"}};
  const Profiled profiled{1};
  std::vector<void*> kept, freed;
  for (int i = 0; i < 70; ++i) kept.push_back(site::here(heap, 1000));
  for (int i = 0; i < 30; ++i) freed.push_back(site::there(heap, 500));
  for (void* const block : freed) heap.deallocate(block);
  std::thread{[&] {
    const Tag tag{"parser"};
    kept.push_back(site::here(heap, 7));
  }}.join();

  const LiveProfile profile = read();
  EXPECT_TRUE(profile.is_one_moment);
  EXPECT_FALSE(profile.is_cut_short);
  EXPECT_EQ(profile.unsettled, 0U);
  EXPECT_EQ(profile.rate_bytes, 1U);
  const auto sites = of_pool(profile, "live known");
  ASSERT_EQ(sites.size(), 3U);  // the newest first
  const auto& [tagged, there, here] = std::tie(sites[0], sites[1], sites[2]);
  EXPECT_EQ(text(tagged.place.tag), "parser");
  EXPECT_EQ(tagged.figures.live.amount().bytes, 7U);
  EXPECT_EQ(here.place.tag, nullptr);
  EXPECT_EQ(here.figures.live.amount().blocks, 70U);
  EXPECT_EQ(here.figures.live.amount().bytes, 70'000U);
  EXPECT_EQ(there.figures.live.amount().bytes, 0U);
  EXPECT_EQ(there.figures.allocated.amount().blocks, 30U);
  EXPECT_EQ(there.figures.allocated.amount().bytes, 15'000U);
  EXPECT_NE(std::ranges::mismatch(here.place.frames, there.place.frames).in1, here.place.frames.end());
  for (void* const block : kept) heap.deallocate(block);
}

TEST(LiveProfileTest, IsWhatTheRecorderHas) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "live same"}};
  const Profiled profiled{1};
  std::vector<void*> kept;
  for (std::size_t size = 1; size < 3000; size += 7) kept.push_back(site::here(heap, size));
  const LiveProfile profile = read();
  std::size_t count = 0;
  profile::Figures sum;
  profile::g_recorder.for_each(
      [&](const profile::Site& site) {
        const ProfiledSite& read = profile.sites.at(count++);
        EXPECT_TRUE(std::ranges::equal(site.place.frames, read.place.frames));
        EXPECT_EQ(text(site.place.pool), text(read.place.pool));
        EXPECT_EQ(text(site.place.thread), text(read.place.thread));
        EXPECT_EQ(site.figures.live.bytes, read.figures.live.bytes);
        EXPECT_EQ(site.figures.peak.blocks, read.figures.peak.blocks);
        EXPECT_EQ(site.figures.lifetime_ms, read.figures.lifetime_ms);
        sum.live += read.figures.live;
        sum.allocated += read.figures.allocated;
      },
      [](const profile::Name&) {});
  EXPECT_EQ(count, profile.sites.size());
  EXPECT_EQ(sum.live.bytes, profile.sums.live.bytes);
  EXPECT_EQ(sum.allocated.blocks, profile.sums.allocated.blocks);
  for (void* const block : kept) heap.deallocate(block);
}

TEST(LiveProfileTest, OfTwoModulesAreJoined) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "live joined"}};
  const Profiled profiled{1};
  void* const block = site::here(heap, 1234);
  LiveProfile both = read();
  const std::size_t sites = both.sites.size(), names = both.names.size();
  join(both, read());
  EXPECT_EQ(both.sites.size(), 2 * sites);
  EXPECT_EQ(both.names.size(), 2 * names);
  EXPECT_FALSE(both.is_one_moment);
  for (std::uint32_t i = 0; i < both.names.size(); ++i) EXPECT_EQ(both.names[i].number, i);
  const auto twice = of_pool(both, "live joined");
  ASSERT_EQ(twice.size(), 2U);
  EXPECT_TRUE(std::ranges::equal(twice[0].place.frames, twice[1].place.frames));
  heap.deallocate(block);
}

}  // namespace
}  // namespace cenote::inspect
