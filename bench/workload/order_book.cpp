// An exchange: books of price levels, each a list of orders in time order. Orders are added, cancelled in
// random order and executed from the best price on, so that blocks of four sizes are freed in another order
// than they were made.

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kBooks = 24;
constexpr std::size_t kLiveMax = 500'000;
constexpr int kEvents = 1'500'000;

struct Order {
  std::uint64_t id;
  std::uint32_t book, quantity;
  std::int64_t price;
  std::string client;
};
using Level = std::list<Order>;
using Book = std::map<std::int64_t, Level>;

class Exchange {
 public:
  explicit Exchange(std::uint64_t seed) : random_(seed), books_(kBooks) {}

  void step() {
    const std::uint64_t kind = random_.below(100);
    if (live_.size() < kLiveMax / 2 || (kind < 52 && live_.size() < kLiveMax)) {
      add();
    } else if (kind < 90) {
      cancel(live_[random_.below(live_.size())]);
    } else {
      execute(books_[random_.below(kBooks)]);
    }
  }

  std::uint64_t checksum() const { return checksum_.value(); }

 private:
  void add() {
    Order order{next_id_++, static_cast<std::uint32_t>(random_.below(kBooks)), 0, 0, {}};
    order.quantity = static_cast<std::uint32_t>(random_.between(1, 500));
    order.price = 10'000 + static_cast<std::int64_t>(random_.below(60) * random_.below(60));
    order.client =
        "client-" + std::to_string(random_.below(5'000)) + (random_.chance(30) ? "/algorithmic-desk" : "");
    Level& level = books_[order.book][order.price];
    level.push_back(std::move(order));
    const auto place = std::prev(level.end());
    places_[place->id] = {place, live_.size()};
    live_.push_back(place->id);
  }

  void cancel(std::uint64_t id) {
    const auto found = places_.find(id);
    const Level::iterator order = found->second.order;
    Book& book = books_[order->book];
    const auto level = book.find(order->price);
    checksum_.add(order->quantity);
    checksum_.add(order->client);
    forget(found);
    level->second.erase(order);
    if (level->second.empty()) book.erase(level);
  }

  /// Fills the orders of the best price until 600 pieces are traded.
  void execute(Book& book) {
    std::uint32_t traded = 0;
    while (!book.empty() && traded < 600) {
      const Order& best = book.begin()->second.front();
      traded += best.quantity;
      cancel(best.id);
    }
  }

  struct Place {
    Level::iterator order;
    std::size_t live_index;
  };
  void forget(std::unordered_map<std::uint64_t, Place>::iterator place) {
    const std::size_t hole = place->second.live_index;
    live_[hole] = live_.back();
    places_[live_[hole]].live_index = hole;
    live_.pop_back();
    places_.erase(place);
  }

  Random random_;
  std::vector<Book> books_;
  std::unordered_map<std::uint64_t, Place> places_;
  std::vector<std::uint64_t> live_;  // ids, in no order
  std::uint64_t next_id_ = 1;
  Checksum checksum_;
};

}  // namespace
}  // namespace cenote

int main() {
  cenote::Exchange exchange(1602);
  for (int i = 0; i < cenote::kEvents; ++i) exchange.step();
  cenote::report_checksum(exchange.checksum());
}
