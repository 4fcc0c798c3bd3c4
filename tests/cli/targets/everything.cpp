// A program with one of each that has a name. On stdin it is told what to do next: `snapshot` prints what it
// holds by its own account, `load N` starts threads that take and give back, `exec FILE` becomes another
// program. It ends with its stdin.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <cenote/cenote.hpp>

namespace {

using namespace cenote;

template <class Sync>
struct HeldPool {
  explicit HeldPool(const char* name) : pool{{.block_size = 100, .capacity = 1000, .name = name}} {
    for (int i = 0; i < 300; ++i) blocks.push_back(pool.allocate());
    pool.deallocate(blocks.back());
    blocks.pop_back();
  }
  BlockPool<Sync> pool;
  std::vector<Block> blocks{};
};

struct Everything {
  HeldPool<SingleThread> single{"single"};
  HeldPool<Locked> locked{"locked"};
  HeldPool<LockFree> lock_free{"lock free"};
  HeldPool<ThreadCached> cached{"thread cached"};
  Arena arena{{.name = "arena"}};
  BuddyAllocator buddies{{.bytes = 1 << 20, .name = "buddies"}};
  Heap orders{{.name = "orders", .limit_bytes = 64 << 20}}, quotes{{.name = "quotes \"q\" \\ ünïcode"}};
  SlabAllocator slabs{{.name = "slabs"}};
  PoolManager manager{{.name = "manager"}};

  Everything() {
    static_cast<void>(arena.allocate(5000));
    static_cast<void>(buddies.allocate(4096));
    for (int i = 0; i < 1000; ++i) static_cast<void>(orders.allocate(1024));
    static_cast<void>(quotes.allocate(3'000'000));
    static_cast<void>(slabs.allocate(4096));
    static_cast<void>(manager.allocate_fixed(1000));
  }
};

void work(Everything& all, const std::atomic<bool>& stop) {
  std::vector<void*> blocks(200);
  while (!stop.load(std::memory_order_relaxed)) {
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = all.orders.allocate(16 + i * 41);
    const Block pooled = all.cached.pool.allocate();
    const BlockPool<Locked> short_lived{{.block_size = 64, .capacity = 10, .name = "short lived"}};
    all.quotes.deallocate(all.quotes.allocate(4'000'000));
    all.cached.pool.deallocate(pooled);
    for (void* const block : blocks) all.orders.deallocate(block);
  }
}

}  // namespace

int main() {
  static Everything all;
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  std::puts("ready");
  std::fflush(stdout);
  for (std::string word; std::cin >> word;) {
    if (word == "snapshot") std::puts(stats::to_json(stats::snapshot()).c_str());
    if (word == "load") {
      int count = 0;
      std::cin >> count;
      for (int i = 0; i < count; ++i) threads.emplace_back([&] { work(all, stop); });
      std::puts("loaded");
    }
    if (word == "exec") {
      std::cin >> word;
      ::execl(word.c_str(), word.c_str(), "60", nullptr);
    }
    std::fflush(stdout);
  }
  stop = true;
}
