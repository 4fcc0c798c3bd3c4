// A little server with three memory problems to choose from, for the walk-through in docs/observability.md:
//
//     three_problems leak           each request leaves something behind
//     three_problems bloat          idle sessions keep the buffers of their busiest moment
//     three_problems fragmentation  small long-lived blocks hold slabs in which nearly all is free
//
// Each part of it has a heap with a name, so that the problem has an address. It runs for 0.2 s, or as many
// seconds as asked for, and then checks that the statistics tell the three apart. Behind the seconds the name
// of a file may stand, for a heap profile.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include <cenote/cenote.hpp>
#include <cenote/heap_profile.hpp>

namespace {

using cenote::Heap;
using cenote::stats::Account, cenote::stats::Figure, cenote::stats::Snapshot;

struct Server {
  Heap parser{{.name = "parser"}};
  Heap sessions{{.name = "sessions"}};
  Heap index{{.name = "index"}};
};

void* touched(Heap& heap, std::size_t bytes) { return std::memset(heap.allocate(bytes), 1, bytes); }

/// The list of a header's problems is freed by its reader; nobody reads it when there are none.
class Leak {
 public:
  void serve(Server& server, int request) {
    void* const header = touched(server.parser, 300);
    void* const problems = touched(server.parser, 96);
    server.parser.deallocate(header);
    if (request % 10 == 0) server.parser.deallocate(problems);
  }
};

/// A session's buffer grows with what it has to hold, and never shrinks.
class Bloat {
 public:
  void serve(Server& server, int request) {
    Session& session = sessions_[static_cast<std::size_t>(request) % sessions_.size()];
    const std::size_t wanted = request % 1000 < 200 ? 256 * 1024 : 512;  // the first message has the pictures
    if (session.bytes >= wanted) return;
    session.buffer = server.sessions.reallocate(session.buffer, wanted);
    std::memset(session.buffer, 1, wanted);
    session.bytes = wanted;
  }

 private:
  struct Session {
    void* buffer = nullptr;
    std::size_t bytes = 0;
  };
  std::vector<Session> sessions_{200};
};

/// Of the entries made together, one in thirty stays.
class Fragmentation {
 public:
  void serve(Server& server, int request) {
    if (entries_.size() < kEntries) {
      entries_.push_back(touched(server.index, 200));
      return;
    }
    if (request % 1000 != 0) return;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % 30 == 0 || entries_[i] == nullptr) continue;
      server.index.deallocate(entries_[i]);
      entries_[i] = nullptr;
    }
  }

 private:
  static constexpr std::size_t kEntries = 200'000;
  std::vector<void*> entries_;
};

const Account& account_of(const Snapshot& snapshot, std::string_view name) {
  const auto found =
      std::ranges::find_if(snapshot.pools, [&](const Account& pool) { return pool.name == name; });
  if (found == snapshot.pools.end()) std::abort();
  return *found;
}

/// Serves for a while, faster at first, then at the pace of a server.
template <class Problem>
Snapshot run(Server& server, double seconds) {
  using Clock = std::chrono::steady_clock;
  Problem problem;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (int request = 0; request < 250'000 || Clock::now() < end; ++request) {
    problem.serve(server, request);
    if (request > 250'000 && request % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return cenote::stats::snapshot();
}

bool is_leaking(const Snapshot& now) { return account_of(now, "parser")[Figure::blocks_in_use] > 100'000; }
bool is_bloated(const Snapshot& now) { return account_of(now, "sessions").live() > 40'000'000; }
bool is_fragmented(const Snapshot& now) {
  const Account& index = account_of(now, "index");
  return index[Figure::partial_slabs] + index[Figure::orphans] > 10 * index.live();
}

struct Options {
  std::string_view problem;
  double seconds = 0.2;
  const char* profile = nullptr;  // a file
};

/// False, and a line that says why, when there is something wrong.
bool is_fine(const char* trouble) {
  if (trouble != nullptr) std::fprintf(stderr, "three_problems: %s\n", trouble);
  return trouble == nullptr;
}

bool report(const Options& options, const Snapshot& now, bool seen) {
  std::printf("%s:\n\n%s\n", options.problem.data(), cenote::stats::to_table(now).c_str());
  return seen && (options.profile == nullptr || is_fine(cenote::profile::write(options.profile)));
}

bool run_one(const Options& options) {
  if (options.profile != nullptr && !is_fine(cenote::profile::start())) return false;
  Server server;
  if (options.problem == "leak") {
    const Snapshot now = run<Leak>(server, options.seconds);
    return report(options, now, is_leaking(now) && !is_bloated(now) && !is_fragmented(now));
  }
  if (options.problem == "bloat") {
    const Snapshot now = run<Bloat>(server, options.seconds);
    return report(options, now, is_bloated(now) && !is_leaking(now) && !is_fragmented(now));
  }
  if (options.problem == "fragmentation") {
    const Snapshot now = run<Fragmentation>(server, options.seconds);
    return report(options, now, is_fragmented(now) && !is_leaking(now) && !is_bloated(now));
  }
  return is_fine("usage: three_problems [leak | bloat | fragmentation [SECONDS [PROFILE]]]");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc > 2) options.seconds = std::atof(argv[2]);
  if (argc > 3) options.profile = argv[3];
  bool fine = true;
  for (const char* const problem : {"leak", "bloat", "fragmentation"}) {
    options.problem = argc > 1 ? argv[1] : problem;
    fine = run_one(options) && fine;
    if (argc > 1) break;
  }
  return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
