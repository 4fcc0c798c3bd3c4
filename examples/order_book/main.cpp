// A million messages for a limit order book whose orders live in a FixedPool. The pool is a little too small
// for them: the few orders that find no room are turned away with the typed error `exhausted`, and nothing
// else happens to the book.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <cenote/cenote.hpp>

#include "book.hpp"

namespace {

using namespace order_book;

constexpr std::uint32_t kMessages = 1'000'000;
constexpr std::size_t kOrdersMax = 16'000;

struct Outcome {
  std::uint32_t added = 0;
  std::uint32_t cancelled = 0;
  std::uint32_t exhausted = 0;
  bool only_exhausted = true;
};

/// A price around which orders come, and which wanders up and down: one tick in 256 messages.
Price middle_at(std::uint32_t message) {
  constexpr Price kLowest = kPrices / 4, kSpan = kPrices / 2;
  const Price ticks = message / 256 % (2 * kSpan);
  return kLowest + (ticks < kSpan ? ticks : 2 * kSpan - ticks);
}

/// Half the messages are orders; half cancel one of the last 16,384 orders, which may be gone already.
Outcome feed(Book& book) {
  std::mt19937 random{1};  // NOLINT(bugprone-random-generator-seed): the same stream each time
  Outcome outcome;
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    if (outcome.added != 0 && bits % 2 == 0) {
      const OrderId back = (bits >> 8) % std::min<OrderId>(outcome.added, 16'384);
      outcome.cancelled += book.cancel(outcome.added - 1 - back) ? 1 : 0;
      continue;
    }
    const Side side = (bits >> 1 & 1) != 0 ? Side::buy : Side::sell;
    const Price away = bits >> 2 & 63, middle = middle_at(i);
    const Price price = side == Side::buy ? middle + 20 - away : middle - 20 + away;
    const auto added = book.add(outcome.added++, side, price, 1 + (bits >> 8) % 100);
    if (added) continue;
    outcome.only_exhausted = outcome.only_exhausted && added.error() == cenote::AllocError::exhausted;
    ++outcome.exhausted;
  }
  return outcome;
}

void print(const Outcome& outcome, const Account& account, const cenote::PoolStats& stats, double seconds) {
  const auto number = [](auto n) { return static_cast<long long>(n); };
  std::printf("%u messages in %.0f ms: %.1f million a second\n", kMessages, seconds * 1e3,
              kMessages / seconds / 1e6);
  std::printf("%u orders, %u cancelled, %u found no room: %s\n", outcome.added, outcome.cancelled,
              outcome.exhausted, cenote::to_string(cenote::AllocError::exhausted));
  std::printf("pieces: %lld submitted = 2 x %lld traded + %lld cancelled + %lld rejected + %lld resting\n",
              number(account.submitted), number(account.traded), number(account.cancelled),
              number(account.rejected), number(account.resting()));
  std::printf("pool %zu blocks: %zu in use, %zu at the peak; %lld allocations, %lld failures; %zu KiB\n",
              stats.capacity, stats.in_use, stats.peak_in_use, number(stats.allocations),
              number(stats.failures), stats.bytes_committed / 1024);
}

}  // namespace

int main() {
  OrderPool orders{{.capacity = kOrdersMax, .name = "orders"}};
  Book book{orders, kMessages};

  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = feed(book);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const cenote::PoolStats stats = orders.stats();
  print(outcome, book.account(), stats, time.count());

  bool right = book.count_resting() == book.account().resting() && book.is_uncrossed();
  right = right && outcome.exhausted > 0 && outcome.only_exhausted && outcome.exhausted == stats.failures;
  right = right && stats.capacity == kOrdersMax && stats.peak_in_use == kOrdersMax;
  for (OrderId id = 0; id < outcome.added; ++id) book.cancel(id);
  right = right && book.account().resting() == 0 && orders.available() == orders.capacity();
  std::puts(right ? "all pieces and all blocks are accounted for" : "WRONG: pieces or blocks are missing");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
