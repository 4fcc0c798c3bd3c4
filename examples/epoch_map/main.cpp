// Quotes that four readers look up without locks while a writer replaces them: each replaced node is retired,
// and its block serves the next quote once no reader can see it. A reader that met a block again too early
// would find a quote that does not add up.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "lock_free_map.hpp"

namespace {

constexpr std::uint64_t kSymbols = 500, kUpdates = 300'000;
constexpr std::size_t kReaders = 4, kRetiredMax = 2'000;

struct Quote {
  std::uint64_t symbol, bid, ask, sum;

  static Quote of(std::uint64_t symbol, std::uint64_t bid) {
    return {symbol, bid, bid + 1, symbol + bid + bid + 1};
  }
  bool adds_up() const { return ask == bid + 1 && sum == symbol + bid + ask; }
};
using QuoteMap = epoch_map::LockFreeMap<Quote, 256>;

struct alignas(cenote::cache_line) Tally {
  std::uint64_t found = 0, missing = 0, wrong = 0;
};

void read(QuoteMap& quotes, const std::atomic<bool>& stop, Tally& tally) {
  for (std::uint64_t n = 1; !stop.load(std::memory_order_relaxed); ++n) {
    const std::uint64_t symbol = n * 0x2545f4914f6cdd1d % kSymbols;
    const auto quote = quotes.find(symbol);
    ++(quote ? tally.found : tally.missing);
    if (quote && (!quote->adds_up() || quote->symbol != symbol)) ++tally.wrong;
  }
}

void write(QuoteMap& quotes) {
  for (std::uint64_t n = 0; n < kUpdates; ++n) {
    const std::uint64_t symbol = n * 31 % kSymbols;
    if (n % 10 == 9) {
      quotes.erase(symbol);
    } else {
      quotes.put(symbol, Quote::of(symbol, n));
    }
  }
}

}  // namespace

int main() {
  QuoteMap quotes{kSymbols + 1, kRetiredMax};
  std::atomic<bool> stop{false};
  std::array<Tally, kReaders> tallies;
  std::array<std::thread, kReaders> readers;
  for (std::size_t i = 0; i < kReaders; ++i)
    readers[i] = std::thread{[&, i] { read(quotes, stop, tallies[i]); }};

  const auto start = std::chrono::steady_clock::now();
  write(quotes);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  stop = true;
  for (std::thread& reader : readers) reader.join();

  Tally all;
  for (const Tally& tally : tallies) {
    all.found += tally.found;
    all.missing += tally.missing;
    all.wrong += tally.wrong;
  }
  const cenote::EpochStats before = quotes.domain().stats();
  quotes.domain().synchronize();
  const cenote::EpochStats after = quotes.domain().stats();
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };

  std::printf("%llu updates in %.0f ms, beside %llu lookups by %zu readers without a lock\n",
              number(kUpdates), time.count() * 1e3, number(all.found + all.missing), kReaders);
  std::printf(
      "%llu nodes retired, %llu back in their pool in %llu epochs; %zu waited at the end, %zu at most\n",
      number(after.retired), number(after.reclaimed), number(after.epoch), before.waiting, kRetiredMax);
  std::printf("pool of %zu nodes, %zu in use\n", quotes.nodes().capacity, quotes.nodes().in_use);

  bool right = all.wrong == 0 && before.waiting <= kRetiredMax && after.waiting == 0;
  right = right && after.retired > kUpdates / 2 && quotes.nodes().in_use <= kSymbols;
  std::puts(right ? "no reader met a node that was given back" : "WRONG: a reader met a node too late");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
