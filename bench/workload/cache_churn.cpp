// A cache as redis keeps one: filled to 200 MB, then nine of ten entries expire at random, then it is filled
// again with values of other sizes. How much more than its entries does it hold then? Between the steps it
// goes on answering for a second, as a server does.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kLiveBytes = 200'000'000;

struct SizeRange {
  std::size_t low;
  std::size_t high;
};
constexpr SizeRange kKeys{16, 40};
constexpr SizeRange kFirstValues{150, 1'000};
constexpr SizeRange kLaterValues{40, 400};

/// A table entry, its key and its value: three blocks, as redis has them.
struct Entry {
  char* key;
  char* value;
  std::size_t key_bytes;
  std::size_t value_bytes;

  std::size_t bytes() const { return sizeof(Entry) + key_bytes + value_bytes; }
};

char* make_text(std::size_t bytes) {
  auto* text = static_cast<char*>(std::malloc(bytes));
  if (text == nullptr) std::abort();
  std::memset(text, static_cast<int>(bytes & 0x7F), bytes);
  return text;
}

class Cache {
 public:
  void fill(SizeRange values) {
    while (live_bytes_ < kLiveBytes) {
      auto* entry = static_cast<Entry*>(std::malloc(sizeof(Entry)));
      if (entry == nullptr) std::abort();
      const std::size_t key_bytes = random_.between(kKeys.low, kKeys.high);
      const std::size_t value_bytes = random_.between(values.low, values.high);
      *entry = {make_text(key_bytes), make_text(value_bytes), key_bytes, value_bytes};
      live_bytes_ += entry->bytes();
      entries_.push_back(entry);
    }
  }

  void expire(unsigned percent) {
    std::vector<Entry*> kept;
    for (Entry* const entry : entries_) {
      if (random_.chance(percent)) {
        drop(entry);
      } else {
        kept.push_back(entry);
      }
    }
    entries_.swap(kept);
  }

  /// Requests for a second: a little memory is taken and given back.
  void answer() {
    for (int i = 0; i < 100; ++i) {
      for (int k = 0; k < 100; ++k) std::free(make_text(random_.between(20, 2'000)));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::size_t live_bytes() const { return live_bytes_ + entries_.capacity() * sizeof(Entry*); }

  std::uint64_t checksum() const {
    Checksum checksum;
    for (const Entry* const entry : entries_)
      checksum.add(static_cast<unsigned char>(entry->value[entry->value_bytes - 1]));
    return checksum.value();
  }

 private:
  void drop(Entry* entry) {
    live_bytes_ -= entry->bytes();
    std::free(entry->key);
    std::free(entry->value);
    std::free(entry);
  }

  Random random_{90};
  std::vector<Entry*> entries_;
  std::size_t live_bytes_ = 0;
};

void run() {
  Cache cache;
  cache.fill(kFirstValues);
  cache.expire(90);
  cache.answer();
  report_figure("thinned_bytes", resident_bytes());
  report_figure("thinned_live_bytes", cache.live_bytes());
  cache.fill(kLaterValues);
  cache.answer();
  report_figure("resident_bytes", resident_bytes());
  report_figure("live_bytes", cache.live_bytes());
  report_checksum(cache.checksum());
}

}  // namespace
}  // namespace cenote

int main() { cenote::run(); }
