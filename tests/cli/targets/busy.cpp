// A program with much to look at: heaps, pools, slabs and arenas by name, threads that take and give back,
// one that has ended. Ends when its standard input does. With the word `quiet` it changes nothing once it has
// said `ready`; with `profile` it makes a heap profile of all blocks.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>
#include <cenote/slab_allocator.hpp>

namespace {

using namespace std::chrono_literals;

struct Kept {
  void* block = nullptr;
  std::size_t bytes = 0;
};

/// Takes and gives back blocks of many sizes, more of them for a while and fewer for a while.
class Churn {
 public:
  Churn(cenote::Heap& heap, std::uint32_t seed, std::size_t blocks)
      : heap_{heap}, random_{seed}, kept_(blocks) {}
  ~Churn() {
    for (const Kept& kept : kept_) heap_.deallocate(kept.block);
  }
  void step() {
    const double share = 0.55 + 0.4 * std::sin(static_cast<double>(steps_++) / 300);
    for (int i = 0; i < 200; ++i) {
      Kept& kept = kept_[random_() % kept_.size()];
      heap_.deallocate(kept.block);
      kept = {};
      if (static_cast<double>(random_() % 1000) < 1000 * share) take(kept);
    }
  }

 private:
  void take(Kept& kept) {
    kept.bytes = std::size_t{16} << (random_() % 10);
    if (random_() % 400 == 0) kept.bytes = 100'000 + random_() % 300'000;
    kept.bytes += random_() % kept.bytes;
    kept.block = heap_.allocate(kept.bytes);
    std::memset(kept.block, 1, kept.bytes);
  }

  cenote::Heap& heap_;
  std::minstd_rand random_;
  std::vector<Kept> kept_;
  int steps_ = 0;
};

[[gnu::noinline]] void* load_picture(cenote::Heap& images) {
  const cenote::Tag tag{"startup"};
  void* const picture = images.allocate(6'000'000);
  std::memset(picture, 1, 6'000'000);
  return picture;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const bool is_quiet = mode == "quiet";
  if (mode == "profile") {
    if (const char* const problem = cenote::profile::start({.rate_bytes = 1}))
      std::fprintf(stderr, "%s\n", problem);
  }
  cenote::Heap sessions{{.name = "sessions"}}, parser{{.name = "parser"}}, images{{.name = "images"}};
  cenote::BlockPool<cenote::ThreadCached> orders{{.block_size = 96, .capacity = 20'000, .name = "orders"}};
  cenote::BlockPool<cenote::Locked> packets{{.block_size = 1500, .capacity = 2'000, .name = "packets"}};
  cenote::SlabAllocator tokens{{.name = "tokens"}};
  cenote::Arena query{{.name = "query"}};

  std::vector<cenote::Block> taken;
  for (int i = 0; i < 12'000; ++i) taken.push_back(orders.allocate());
  for (int i = 0; i < 700; ++i) taken.push_back(packets.allocate());
  for (int i = 0; i < 9'000; ++i) static_cast<void>(tokens.allocate(24 + static_cast<std::size_t>(i) % 200));
  for (int i = 0; i < 2'000; ++i) static_cast<void>(query.allocate(300));
  static_cast<void>(load_picture(images));
  std::thread{[&] { Churn{parser, 7, 900}.step(), static_cast<void>(parser.allocate(500)); }}.join();

  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Churn churn{t == 0 ? sessions : parser, t + 1, 6'000};
      for (int i = 0; i < 60; ++i) churn.step();
      ++rounds;
      while (!stop.load()) {
        if (!is_quiet) churn.step();
        if (!is_quiet) {
          const cenote::Block order = orders.allocate();
          orders.deallocate(order);
        }
        std::this_thread::sleep_for(10ms);
      }
    });
  }
  while (rounds != 2) std::this_thread::sleep_for(1ms);
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}
