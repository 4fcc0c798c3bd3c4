// The cost of pins and replacements in a MovablePool beside pools whose objects never move, and the cost and
// gain of a compaction. One object of JSON a line. --work=SHARE: a share of the usual objects and calls.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include <cenote/fixed_pool.hpp>
#include <cenote/movable_pool.hpp>

#include "effort.hpp"
#include "pool_under_test.hpp"

namespace cenote {
namespace {

constexpr int kRounds = 9;

/// Of processor time: machines are shared.
template <class Work>
double nanoseconds(Work work) {
  const std::clock_t start = std::clock();
  work();
  return 1e9 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::array<double, kRounds>& samples) {
  std::sort(samples.begin(), samples.end());
  return samples[kRounds / 2];
}

// --- peers: make() gives what owns an object; read() goes through it ---------------------------------------

struct Movable {
  explicit Movable(std::size_t objects) : pool{{.capacity = objects}} {}
  auto make() { return pool.make(); }
  static std::uint64_t read(const MovableHandle<Block64>& handle) { return handle.pin()->words[0]; }
  MovablePool<Block64> pool;
};

template <class Sync>
struct Fixed {
  explicit Fixed(std::size_t objects) : pool{{.capacity = objects}} {}
  auto make() { return pool.make(); }
  static std::uint64_t read(const typename FixedPool<Block64, Sync>::Handle& handle) {
    return handle->words[0];
  }
  FixedPool<Block64, Sync> pool;
};

struct Unique {
  explicit Unique(std::size_t) {}
  static auto make() { return std::make_unique<Block64>(); }
  static std::uint64_t read(const std::unique_ptr<Block64>& object) { return object->words[0]; }
};

template <class Peer>
double read_ns(std::size_t objects, Effort effort) {
  Peer peer{objects};
  std::vector<decltype(peer.make())> owners(objects);
  for (auto& owner : owners) owner = peer.make();
  std::shuffle(owners.begin(), owners.end(), std::mt19937{1});
  const std::size_t passes = std::max<std::size_t>(1, effort.objects(1 << 20) / objects);
  std::array<double, kRounds> samples;
  for (double& sample : samples) {
    std::uint64_t sum = 0;
    sample = nanoseconds([&] {
               for (std::size_t pass = 0; pass < passes; ++pass) {
                 for (const auto& owner : owners) {
                   sum += peer.read(owner);
                   benchmark::ClobberMemory();
                 }
               }
             }) /
             static_cast<double>(passes * objects);
    benchmark::DoNotOptimize(sum);
  }
  return median(samples);
}

// `objects` are live; one, chosen at random, is replaced.
template <class Peer>
double churn_ns(std::size_t objects, Effort effort) {
  const std::size_t replaced = effort.objects(1 << 19);
  Peer peer{objects + 1};
  std::vector<decltype(peer.make())> owners(objects);
  for (auto& owner : owners) owner = peer.make();
  std::array<double, kRounds> samples;
  for (double& sample : samples) {
    std::minstd_rand random{7};
    sample = nanoseconds([&] {
               for (std::size_t i = 0; i < replaced; ++i) {
                 owners[random() % objects] = peer.make();
                 benchmark::ClobberMemory();
               }
             }) /
             static_cast<double>(replaced);
  }
  return median(samples);
}

void compare(std::size_t objects, Effort effort) {
  std::printf(
      R"({"objects": %zu, "read": {"MovablePool": %.2f, "FixedPool": %.2f, "unique_ptr": %.2f}, )"
      R"("replace": {"MovablePool": %.1f, "FixedPool Locked": %.1f, "FixedPool LockFree": %.1f, "unique_ptr": %.1f}})"
      "\n",
      objects, read_ns<Movable>(objects, effort), read_ns<Fixed<Locked>>(objects, effort),
      read_ns<Unique>(objects, effort), churn_ns<Movable>(objects, effort),
      churn_ns<Fixed<Locked>>(objects, effort), churn_ns<Fixed<LockFree>>(objects, effort),
      churn_ns<Unique>(objects, effort));
}

// --- relocation --------------------------------------------------------------------------------------------

/// Owns nothing, but the compiler must call its constructor.
struct Constructed : Block64 {
  Constructed() = default;
  Constructed(Constructed&& other) noexcept : Block64{other} {}
};

template <class T>
void relocate(const char* moved_by, std::size_t objects) {
  std::array<double, kRounds> samples;
  MovableStats before, after;
  CompactionReport report;
  for (double& sample : samples) {
    MovablePool<T> pool{{.capacity_max = objects}};
    std::vector<MovableHandle<T>> handles(objects);
    for (auto& handle : handles) handle = pool.make();
    std::shuffle(handles.begin(), handles.end(), std::mt19937{3});
    handles.resize(objects / 10);
    before = pool.stats();
    sample = nanoseconds([&] { report = pool.compact(CompactBudget{}); }) / static_cast<double>(report.moved);
    after = pool.stats();
  }
  std::printf(
      R"({"relocation": "%s", "objects": %zu, "bytes": %zu, "moved": %zu, "ns_a_move": %.1f, "given_back_mib": %.1f, )"
      R"("committed_before_mib": %.1f, "committed_after_mib": %.1f, "fragmentation_before": %.3f, "fragmentation_after": %.3f})"
      "\n",
      moved_by, after.objects, sizeof(T), report.moved, median(samples),
      static_cast<double>(report.bytes_given_back) / (1 << 20),
      static_cast<double>(before.bytes_committed) / (1 << 20),
      static_cast<double>(after.bytes_committed) / (1 << 20), before.fragmentation, after.fragmentation);
}

}  // namespace
}  // namespace cenote

int main(int argc, char** argv) {
  const cenote::Effort effort = cenote::take_effort(argc, argv);
  for (const std::size_t objects : {std::size_t{1} << 10, std::size_t{1} << 16, std::size_t{1} << 20})
    cenote::compare(effort.objects(objects), effort);
  const std::size_t relocated = effort.objects(1'000'000);
  cenote::relocate<cenote::Block64>("memcpy", relocated);
  cenote::relocate<cenote::Constructed>("move constructor", relocated);
}
