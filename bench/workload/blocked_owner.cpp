// A thread loads 360 MB and hands them over, then waits for its next order. Another frees all of it, and
// sleeps. How much stays in memory after four seconds?

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kBytes = 360'000'000;

/// Set once; whoever waits for it is blocked.
class Signal {
 public:
  void set() {
    const std::lock_guard guard{mutex_};
    set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

std::vector<unsigned char*> load() {
  Random random(360);
  std::vector<unsigned char*> blocks;
  for (std::size_t total = 0; total < kBytes;) {
    const std::size_t size = random.between(16, 2'000);
    auto* block = static_cast<unsigned char*>(std::malloc(size));
    if (block == nullptr) std::abort();
    std::memset(block, static_cast<int>(size & 0xFF), size);
    blocks.push_back(block);
    total += size;
  }
  return blocks;
}

void run() {
  std::vector<unsigned char*> blocks;
  Signal loaded, order;
  std::thread loader([&] {
    blocks = load();
    loaded.set();
    order.wait();
  });
  loaded.wait();
  std::uint64_t sum = 0;
  for (unsigned char* const block : blocks) {
    sum += block[0];
    std::free(block);
  }
  blocks = std::vector<unsigned char*>();
  std::this_thread::sleep_for(std::chrono::seconds(4));
  report_figure("resident_bytes", resident_bytes());
  order.set();
  loader.join();
  report_checksum(sum);
}

}  // namespace
}  // namespace cenote

int main() { cenote::run(); }
