/// A server's days, by a clock that the test turns: sessions come and go, more of them by day than by night,
/// and what they hold is of every size. Memory must follow what is live, day after day.
///
/// CENOTE_LONG_RUN_DAYS=N simulates that many days in place of a few.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr int kTicksPerDay = 480;  // a tick stands for three minutes here
constexpr std::size_t kSessionsByDay = 3000;
constexpr std::size_t kSessionsByNight = 300;
constexpr int kSettled = 60;  // ticks after which few sessions are the same
constexpr std::size_t kConstant = 24 * kMiB;

int days() {
  const char* const asked = std::getenv("CENOTE_LONG_RUN_DAYS");
  return asked == nullptr ? 2 : std::max(1, std::atoi(asked));
}

/// What one client holds: buffers, strings, and what it has in the caches.
struct Session {
  std::vector<std::pair<void*, std::size_t>> blocks{};
};

class Server {
 public:
  explicit Server(Heap& heap) : heap_{heap} {}

  /// Three minutes in which `wanted` clients are there at the end.
  void tick(std::size_t wanted) {
    const std::size_t leaving =
        sessions_.size() / 12 + (sessions_.size() > wanted ? (sessions_.size() - wanted) / 4 : 0);
    for (std::size_t i = 0; i < leaving; ++i) end_one();
    while (sessions_.size() < wanted) begin_one();
    for (std::size_t i = 0; i < sessions_.size() / 2; ++i) work(sessions_[random_() % sessions_.size()]);
    purge_schedule::tick();
  }
  std::size_t live_bytes() const { return live_bytes_; }
  ~Server() {
    while (!sessions_.empty()) end_one();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  std::size_t size() {
    const std::uint64_t kind = random_() % 100;
    return kind < 70   ? 16 + random_() % 240
           : kind < 97 ? 256 + random_() % 2000
                       : 2048 + random_() % (40 * kKiB);
  }
  void take(Session& session) {
    const std::size_t bytes = size();
    void* const block = std::memset(heap_.allocate(bytes), 1, bytes);
    session.blocks.emplace_back(block, bytes);
    live_bytes_ += bytes;
  }
  void give_back(Session& session, std::size_t index) {
    heap_.deallocate(session.blocks[index].first);
    live_bytes_ -= session.blocks[index].second;
    session.blocks[index] = session.blocks.back();
    session.blocks.pop_back();
  }
  void begin_one() {
    sessions_.emplace_back();
    for (int i = 0; i < 40; ++i) take(sessions_.back());
  }
  void end_one() {
    std::swap(sessions_[random_() % sessions_.size()], sessions_.back());
    while (!sessions_.back().blocks.empty()) give_back(sessions_.back(), sessions_.back().blocks.size() - 1);
    sessions_.pop_back();
  }
  void work(Session& session) {
    for (int i = 0; i < 4; ++i) {
      if (!session.blocks.empty()) give_back(session, random_() % session.blocks.size());
      take(session);
    }
  }

  Heap& heap_;
  std::mt19937_64 random_{1};
  std::vector<Session> sessions_{};
  std::size_t live_bytes_ = 0;
};

/// What the heap holds and what waits to be purged: no less than what is resident of it, since parts of slabs
/// in use are purged too.
std::size_t held(const Heap& heap) { return heap.stats().bytes_held + g_backing.dirty_bytes(); }

/// By day, or by night.
std::size_t sessions_at(int tick) {
  return tick > kTicksPerDay / 3 && tick < kTicksPerDay * 9 / 10 ? kSessionsByDay : kSessionsByNight;
}

/// Whether nearly all sessions of before the last change of load have ended: then it is memory that has to
/// follow, not clients.
bool is_settled(int tick) { return tick >= kSettled && sessions_at(tick - kSettled) == sessions_at(tick); }

TEST(LongRun, MemoryFollowsWhatIsLiveDayAfterDay) {
  purge_schedule::set_period(std::numeric_limits<std::uint32_t>::max());  // the test turns the clock
  {
    Heap heap{{.name = "server"}};
    Server server{heap};
    std::size_t first_peak = 0;
    for (int day = 0; day < days(); ++day) {
      std::size_t peak = 0;
      for (int tick = 0; tick < kTicksPerDay; ++tick) {
        server.tick(sessions_at(tick));
        peak = std::max(peak, held(heap));
        if (is_settled(tick)) {
          ASSERT_LE(held(heap), server.live_bytes() / 100 * 115 + kConstant)
              << "day " << day << ", tick " << tick;
        }
      }
      if (day == 0) first_peak = peak;
      EXPECT_LE(peak, first_peak / 100 * 105) << "day " << day << ": memory creeps";
    }
  }
  purge_schedule::set_period(100);
}

}  // namespace
}  // namespace cenote::test
