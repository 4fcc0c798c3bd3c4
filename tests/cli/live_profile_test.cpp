#include "inspect/live_profile.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>

#include "cli/inspect/process_code.hpp"
#include "cli/inspect/remote_peek.hpp"
#include "cli/inspect/remote_process.hpp"
#include "cli/profile/live_pprof.hpp"
#include "profile/profiled.hpp"

namespace site {

[[gnu::noinline]] void* keep(cenote::Heap& heap, std::size_t bytes) {
  void* const block = heap.allocate(bytes);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

}  // namespace site

namespace cenote::cli {
namespace {

using inspect::LiveProfile, inspect::ProfiledSite;

bool is_of(const ProfiledSite& site, std::string_view pool) {
  return site.place.pool != nullptr && site.place.pool->text == pool;
}

// --- a process that goes on --------------------------------------------------------------------------------

/// A child that runs `work` until it is ended.
class Child {
 public:
  explicit Child(const std::function<void(const std::function<void()>& ready)>& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error{"no pipe"};
    id_ = ::fork();
    if (id_ == 0) {
      work([&] { static_cast<void>(!::write(pipe[1], "r", 1)); });
      for (;;) ::pause();
    }
    ::close(pipe[1]);
    char ready = 0;
    if (::read(pipe[0], &ready, 1) != 1) throw std::runtime_error{"the child has ended"};
    ::close(pipe[0]);
  }
  ~Child() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t id() const { return id_; }

 private:
  pid_t id_ = 0;
};

constexpr std::size_t kThreads = 3;

/// All blocks of a thread have one size, so what a site says of them can be checked.
std::size_t size_of_thread(std::size_t thread) { return 1000 + 100 * thread; }

void churn(Heap& heap, std::size_t thread, const std::atomic<bool>& stop) {
  std::minstd_rand random{static_cast<unsigned>(thread)};
  std::array<void*, 50> kept{};
  const Tag tag{std::to_string(thread)};  // a site of its own
  while (!stop.load(std::memory_order_relaxed)) {
    void*& block = kept[random() % kept.size()];
    if (block != nullptr) heap.deallocate(block);
    block = random() % 2 == 0 ? site::keep(heap, size_of_thread(thread)) : nullptr;
  }
}

void churn_in_threads(const std::function<void()>& ready) {
  static Heap heap{{.name = "churned"}};
  static const Profiled profiled{1};
  static std::atomic<bool> stop{false};
  for (std::size_t thread = 0; thread < kThreads; ++thread)
    std::thread{[thread] { churn(heap, thread, stop); }}.detach();
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  ready();
}

/// Now and then lets the process go on in the middle of a copy.
class TearingPeek final : public stats::Peek {
 public:
  explicit TearingPeek(pid_t process) : source_(process) {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    const std::size_t first = random_() % 4 == 0 ? random_() % (bytes / 8 + 1) * 8 : bytes;
    if (!source_.copy(address, to, first)) return false;
    if (first == bytes) return true;
    std::this_thread::sleep_for(std::chrono::microseconds{100});
    return source_.copy(static_cast<const std::byte*>(address) + first, static_cast<std::byte*>(to) + first,
                        bytes - first);
  }

 private:
  RemotePeek source_;
  mutable std::minstd_rand random_{1};
};

const profile::ProfileAnchor* anchor_of(const RemoteProcess& process) {
  return std::ranges::find_if(process.modules(), [](const auto& module) { return module.profile != nullptr; })
      ->profile;
}

TEST(LiveProfileOfAProcess, FiguresOfEachSiteBelongTogetherUnderChurn) {
  CENOTE_NEEDS_PROFILES();
  const Child child{churn_in_threads};
  const RemoteProcess process{child.id()};
  const TearingPeek peek{child.id()};
  const auto code = code_of(child.id()).value();
  std::size_t settled = 0, unsettled = 0, moving = 0;
  for (int look = 0; look < 300; ++look) {
    const auto profile = inspect::live_profile(anchor_of(process), peek);
    ASSERT_TRUE(profile);
    EXPECT_FALSE(profile->is_cut_short);
    unsettled += profile->unsettled;
    moving += profile->is_one_moment ? 0 : 1;
    EXPECT_LT(profile->sums.live.amount().bytes, 1'000'000U);
    for (const ProfiledSite& site : profile->sites) {
      if (!is_of(site, "churned")) continue;
      EXPECT_TRUE(std::ranges::all_of(site.place.frames, [&](std::uintptr_t frame) {
        return std::ranges::any_of(
            code, [&](const os::Module& module) { return frame >= module.start && frame < module.end; });
      }));
      if (profile->unsettled != 0) continue;
      ++settled;
      const auto [blocks, bytes] = site.figures.live.amount();
      EXPECT_LE(blocks, 51U);
      EXPECT_LE(bytes, site.figures.allocated.amount().bytes);
      EXPECT_TRUE(blocks == 0 ? bytes == 0 : bytes % blocks == 0 && bytes / blocks >= 1000)
          << bytes << " bytes in " << blocks << " blocks are of different moments";
    }
  }
  std::printf("%zu readings of sites, %zu more unsettled; %zu of 300 profiles of a moving process\n", settled,
              unsettled, moving);
  EXPECT_GT(settled, 300U);
  EXPECT_GT(moving, 30U);
}

TEST(LiveProfileOfAProcess, StoppedProcessesAreReadToo) {
  CENOTE_NEEDS_PROFILES();
  const Child child{churn_in_threads};
  RemoteProcess process{child.id()};
  for (int stop = 0; stop < 20; ++stop) {
    ::kill(child.id(), SIGSTOP);
    int status = 0;
    ::waitpid(child.id(), &status, WUNTRACED);
    const auto profile = process.live_profile();
    ASSERT_TRUE(profile);
    EXPECT_TRUE(profile->is_one_moment || profile->unsettled == profile->sites.size());
    EXPECT_TRUE(std::ranges::any_of(profile->sites, [](const auto& site) { return is_of(site, "churned"); }));
    ::kill(child.id(), SIGCONT);
  }
}

TEST(LiveProfileOfAProcess, IsNoneOfOneThatMakesNone) {
  const Child child{[](const auto& ready) {
    static const Heap heap{{.name = "not profiled"}};
    ready();
  }};
  RemoteProcess process{child.id()};
  if (!profile::g_recorder.was_started()) {
    EXPECT_FALSE(process.live_profile());
  }
}

TEST(LiveProfileOfAProcess, IsInPprofsFormatAsItsOwnFile) {
  CENOTE_NEEDS_PROFILES();
  const Child child{[](const auto& ready) {
    static Heap heap{{.name = "written"}};
    static const Profiled profiled{1};
    for (int i = 0; i < 40; ++i) site::keep(heap, 1000);
    ready();
  }};
  const std::string path = ::testing::TempDir() + "live_profile_test.pb";
  const auto live = RemoteProcess{child.id()}.live_profile();
  ASSERT_TRUE(live);
  std::ofstream{path, std::ios::binary} << live_pprof(*live, code_of(child.id()).value());
  const pprof::Profile profile = pprof::read(path);
  std::remove(path.c_str());
  EXPECT_EQ(profile.period, 1U);
  const auto is_known = [](const pprof::Sample& sample) {
    return sample.labels.contains("pool") && sample.labels.at("pool") == "written" &&
           sample.functions.front().find("4site4keep") != std::string::npos;
  };
  EXPECT_EQ(profile.sum("inuse_objects", is_known), 40U);
  EXPECT_EQ(profile.sum("inuse_space", is_known), 40'000U);
  EXPECT_TRUE(std::ranges::any_of(
      profile.mappings, [](const std::string& name) { return name.ends_with("cenote_cli_tests"); }));
}

// --- damage ------------------------------------------------------------------------------------------------

/// This process, but for bytes that are others.
class PatchedPeek final : public stats::Peek {
 public:
  void patch(const void* address, const void* bytes, std::size_t count) {
    patches_.push_back({reinterpret_cast<std::uintptr_t>(address),
                        {static_cast<const char*>(bytes), static_cast<const char*>(bytes) + count}});
  }
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    if (!source_.copy(address, to, bytes)) return false;
    const auto from = reinterpret_cast<std::uintptr_t>(address);
    for (const auto& [at, patch] : patches_) {
      for (std::size_t i = 0; i < patch.size(); ++i) {
        if (at + i - from < bytes) static_cast<char*>(to)[at + i - from] = patch[i];
      }
    }
    return true;
  }

 private:
  RemotePeek source_{::getpid()};
  std::vector<std::pair<std::uintptr_t, std::vector<char>>> patches_{};
};

/// This process as one whose memory is damaged: now and then a word that is read is another.
class NoisyPeek final : public stats::Peek {
 public:
  explicit NoisyPeek(unsigned seed) : random_(seed) {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    if (!source_.copy(address, to, bytes)) return false;
    if (random_() % 20 == 0) damage(static_cast<std::byte*>(to), bytes);
    return true;
  }

 private:
  void damage(std::byte* bytes, std::size_t count) const {
    const std::uint64_t word = random_() % 2 == 0 ? random_() : random_() % 256;
    const std::size_t width = std::min(count, sizeof word);
    std::memcpy(bytes + random_() % (count / width) * width, &word, width);
  }

  RemotePeek source_{::getpid()};
  mutable std::mt19937_64 random_;
};

class DamagedProfile : public testing::Test {
 protected:
  void SetUp() override {
    CENOTE_NEEDS_PROFILES();
    for (std::size_t i = 0; i < 200; ++i) blocks_.push_back(site::keep(heap_, i + 1));
    for (std::size_t i = 0; i < 3; ++i) names_.emplace_back("damaged " + std::to_string(i));
    for (const std::string& name : names_) {
      Heap other{{.name = name}};
      other.deallocate(site::keep(other, 100));
    }
  }
  void TearDown() override {
    for (void* const block : blocks_) heap_.deallocate(block);
  }
  static std::vector<const profile::Site*> sites() {
    std::vector<const profile::Site*> sites;
    profile::g_recorder.for_each([&](const profile::Site& site) { sites.push_back(&site); },
                                 [](const profile::Name&) {});
    return sites;
  }
  static LiveProfile read(const stats::Peek& peek) {
    return inspect::live_profile(&profile::g_profile_anchor, peek).value();
  }

  Heap heap_{{.name = "damaged"}};
  const Profiled profiled_{1};
  std::vector<void*> blocks_;
  std::vector<std::string> names_;
};

TEST_F(DamagedProfile, ACircleEnds) {
  PatchedPeek peek;
  const auto all = sites();
  ASSERT_GT(all.size(), 3U);
  peek.patch(&all.back()->older, &all.front(), sizeof(void*));
  const LiveProfile profile = read(peek);
  EXPECT_TRUE(profile.is_cut_short);
  EXPECT_EQ(profile.sites.size(), all.size());
}

TEST_F(DamagedProfile, AListThatLeadsNowhereEnds) {
  PatchedPeek peek;
  const std::uintptr_t nowhere = 8;
  peek.patch(&sites()[1]->older, &nowhere, sizeof nowhere);
  EXPECT_TRUE(read(peek).is_cut_short);
  EXPECT_EQ(read(peek).sites.size(), 2U);
}

TEST_F(DamagedProfile, AStackWithoutEndIsNotRead) {
  PatchedPeek peek;
  const std::span<const std::uintptr_t> endless{sites()[1]->place.frames.data(), ~std::size_t{0} / 16};
  peek.patch(&sites()[1]->place.frames, &endless, sizeof endless);
  EXPECT_TRUE(read(peek).is_cut_short);
  EXPECT_EQ(read(peek).sites.size(), 1U);
}

TEST_F(DamagedProfile, ANameWithoutEndHasOne) {
  PatchedPeek peek;
  const std::string endless(profile::kNameMax + 1, 'x');
  const profile::Name* const pool = sites()[0]->place.pool;
  peek.patch(&pool->text, endless.data(), endless.size());
  EXPECT_EQ(std::string{read(peek).sites[0].place.pool->text}, endless.substr(1));
}

TEST_F(DamagedProfile, ATableThatIsAlwaysChangedIsReadAsItIs) {
  PatchedPeek peek;
  const std::uint32_t odd = 7;
  peek.patch(&profile::g_recorder.changes(), &odd, sizeof odd);
  const LiveProfile profile = read(peek);
  EXPECT_FALSE(profile.is_one_moment);
  EXPECT_EQ(profile.sites.size(), sites().size());
  EXPECT_EQ(profile.unsettled, sites().size());
}

TEST_F(DamagedProfile, AnyWordMayBeAnother) {
  const auto code = code_of(::getpid()).value();
  int read = 0, cut_short = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const NoisyPeek noisy{seed};
    const auto profile = inspect::live_profile(&profile::g_profile_anchor, noisy);
    if (!profile) continue;
    ++read;
    cut_short += profile->is_cut_short ? 1 : 0;
    EXPECT_LE(profile->sites.size(), profile::Sites::kMost);
    if (seed % 30 == 0) {
      EXPECT_FALSE(live_pprof(*profile, code).empty());
    }
  }
  EXPECT_GT(read, 1000);
  EXPECT_GT(cut_short, 100);
}

}  // namespace
}  // namespace cenote::cli
