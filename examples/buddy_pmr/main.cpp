// A document store whose pages, of 4 KiB to 1 MiB, come from a buddy allocator through std::pmr: documents of
// all sizes come, grow and go, on several threads, in 32 MiB that never grow. When a document does not fit,
// the oldest ones leave. In the end all of the memory is one block again.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory_resource>
#include <new>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include <cenote/cenote.hpp>

namespace {

constexpr std::size_t kMemory = std::size_t{32} << 20;
constexpr std::size_t kDocumentMax = std::size_t{768} << 10;
constexpr int kThreads = 3, kDocuments = 3000;

using Store = cenote::PmrResource<cenote::BuddyAllocator>;

struct Document {
  Document(std::size_t bytes, std::uint8_t mark, std::pmr::memory_resource* resource)
      : text(bytes, mark, resource), sum{bytes * mark} {}

  void grow(std::uint8_t mark) {
    text.insert(text.end(), text.size() / 2 + 1, mark);
    sum = std::accumulate(text.begin(), text.end(), std::size_t{0});
  }
  bool is_whole() const { return std::accumulate(text.begin(), text.end(), std::size_t{0}) == sum; }

  std::pmr::vector<std::uint8_t> text;
  std::size_t sum;
};

struct Tally {
  int stored = 0;
  int made_room = 0;
  int damaged = 0;
};

/// One thread's documents, the oldest first.
class Keeper {
 public:
  explicit Keeper(Store& store, unsigned seed) : store_{store}, random_{seed} {}

  void run() {
    for (int i = 0; i < kDocuments; ++i) add();
    while (!documents_.empty()) drop_oldest();
  }
  const Tally& result() const { return result_; }

 private:
  void add() {
    const auto mark = static_cast<std::uint8_t>(random_());
    const std::size_t bytes = std::size_t{1} + random_() % (kDocumentMax >> random_() % 8);
    with_room([&] { documents_.emplace_back(bytes, mark, &store_); });
    if (random_() % 4 == 0) with_room([&] { documents_.back().grow(mark); });
    ++result_.stored;
    while (documents_.size() > 250) drop_oldest();
  }

  /// Lets go of the oldest documents, the newest never, until `body` finds the memory it needs.
  template <class Body>
  void with_room(Body body) {
    for (;;) {
      try {
        return body();
      } catch (const std::bad_alloc&) {
        if (documents_.size() > 1) {
          drop_oldest();
          ++result_.made_room;
        } else {
          std::this_thread::yield();  // others hold the memory, and will let go
        }
      }
    }
  }
  void drop_oldest() {
    result_.damaged += documents_.front().is_whole() ? 0 : 1;
    documents_.pop_front();
  }

  Store& store_;
  std::minstd_rand random_;
  std::deque<Document> documents_;
  Tally result_;
};

}  // namespace

int main() {
  cenote::BuddyAllocator pages{{.bytes = kMemory, .name = "documents"}};
  Store store{pages};

  std::vector<Keeper> keepers;
  keepers.reserve(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) keepers.emplace_back(store, i + 1);
  std::vector<std::thread> threads;
  for (Keeper& keeper : keepers) threads.emplace_back([&keeper] { keeper.run(); });
  for (std::thread& thread : threads) thread.join();

  Tally all;
  for (const Keeper& keeper : keepers) {
    all.stored += keeper.result().stored;
    all.made_room += keeper.result().made_room;
    all.damaged += keeper.result().damaged;
  }
  const cenote::BuddyStats stats = pages.stats();
  std::printf("%d documents stored, %d left early to make room, %d damaged\n", all.stored, all.made_room,
              all.damaged);
  std::printf(
      "peak %zu of %zu MiB; at the end the largest free block has %zu MiB; %zu KiB back to the system\n",
      stats.peak_bytes_in_use >> 20, stats.bytes >> 20, stats.largest_free >> 20, pages.trim() >> 10);
  const bool right = all.stored == kThreads * kDocuments && all.damaged == 0 && all.made_room != 0 &&
                     stats.in_use == 0 && stats.largest_free == kMemory &&
                     stats.external_fragmentation() == 0;
  std::puts(right ? "every document was whole, and all memory is one block again" : "WRONG");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
