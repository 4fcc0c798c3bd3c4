/// A cache of sessions that grows by day and shrinks by night: what survives lies on pages of its own, so
/// hardly any page can go back. In a MovablePool it moves together, a little after each step, while another
/// thread goes on reading.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cenote/cenote.hpp>

namespace {

struct Session {
  explicit Session(std::uint64_t n) : number{n}, user{"user " + std::to_string(n)} {}
  Session(Session&&) noexcept = default;

  std::uint64_t number;
  std::string user;
  std::uint64_t requests = 0;
};

using Sessions = cenote::MovablePool<Session>;

constexpr std::size_t kByDay = 200'000, kByNight = 10'000;

bool is_whole(const Session& session) { return session.user == "user " + std::to_string(session.number); }

/// Reads by id: a session may end at any time.
void read(Sessions& sessions, const std::vector<cenote::MovableId>& ids, const std::atomic<bool>& done,
          std::atomic<bool>& broken) {
  std::mt19937 random{1};
  while (!done.load()) {
    const cenote::Pin<Session> session = sessions.pin(ids[random() % ids.size()]);
    if (session && !is_whole(*session)) broken.store(true);
  }
}

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

void print(const char* when, const cenote::MovableStats& stats) {
  std::printf("%-8s %7zu sessions, %5.1f MiB of pages, fragmentation %.2f\n", when, stats.objects,
              mebibytes(stats.bytes_committed), stats.fragmentation);
}

}  // namespace

int main() {
  Sessions sessions{{.capacity_max = kByDay, .name = "sessions"}};
  std::vector<cenote::MovableHandle<Session>> all;
  std::vector<cenote::MovableId> ids;
  for (std::uint64_t n = 0; n < kByDay; ++n) {
    all.push_back(sessions.make(n));
    ids.push_back(all.back().id());
  }
  print("day", sessions.stats());

  std::atomic<bool> done{false}, broken{false};
  std::thread reader{[&] { read(sessions, ids, done, broken); }};
  std::mt19937 random{2};
  while (all.size() > kByNight) {
    std::swap(all[random() % all.size()], all.back());
    all.pop_back();
  }
  const cenote::MovableStats night = sessions.stats();
  print("night", night);

  std::size_t given = 0, steps = 0;
  for (bool finished = false; !finished; ++steps) {
    const cenote::CompactionReport report = sessions.compact(cenote::CompactBudget{.objects = 500});
    given += report.bytes_given_back;
    finished = report.finished;
  }
  done.store(true);
  reader.join();
  const cenote::MovableStats after = sessions.stats();
  print("later", after);
  std::printf("%.1f MiB given back in %zu steps\n", mebibytes(given), steps);

  for (const cenote::MovableHandle<Session>& session : all) {
    if (!is_whole(*session.pin())) broken.store(true);
  }
  return !broken.load() && after.frames_in_use < night.frames_in_use / 2 ? 0 : 1;
}
