// An order book: std::map for the price levels, std::list for the orders that wait at each. Both take their
// nodes from cenote's pools, one for each size of node; nothing but the template arguments differs from a
// book without.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <random>
#include <utility>

#include <cenote/cenote.hpp>

namespace {

struct Order {
  int id;
  int quantity;
};

template <class T>
using NodeList = std::list<T, cenote::NodeAllocator<T>>;
template <class K, class V>
using NodeMap = std::map<K, V, std::less<>, cenote::NodeAllocator<std::pair<const K, V>>>;

/// Offers by price, the cheapest first; at one price the oldest first.
class Book {
 public:
  void offer(int price, Order order) { levels_[price].push_back(order); }

  /// Takes up to `quantity` at the best prices; returns how much it got.
  int buy(int quantity) {
    int bought = 0;
    while (bought < quantity && !levels_.empty()) {
      const auto best = levels_.begin();
      bought += take(best->second, quantity - bought);
      if (best->second.empty()) levels_.erase(best);
    }
    return bought;
  }

  std::size_t levels() const { return levels_.size(); }
  int best_price() const { return levels_.begin()->first; }

 private:
  static int take(NodeList<Order>& waiting, int wanted) {
    int taken = 0;
    while (taken < wanted && !waiting.empty()) {
      Order& oldest = waiting.front();
      const int part = std::min(oldest.quantity, wanted - taken);
      taken += part;
      oldest.quantity -= part;
      if (oldest.quantity == 0) waiting.pop_front();
    }
    return taken;
  }

  NodeMap<int, NodeList<Order>> levels_;
};

}  // namespace

int main() {
  constexpr int kOrders = 200'000;
  std::mt19937 random{1};  // NOLINT(bugprone-random-generator-seed): the same book each time
  Book book;
  int offered = 0;
  for (int id = 0; id < kOrders; ++id) {
    const int price = 10'000 + static_cast<int>(random() % 5'000);
    const int quantity = 1 + static_cast<int>(random() % 100);
    book.offer(price, {id, quantity});
    offered += quantity;
  }
  std::printf("%d orders for %d pieces at %zu prices, from %d up\n", kOrders, offered, book.levels(),
              book.best_price());

  int bought = book.buy(offered / 2);
  std::printf("half bought: %zu prices left, from %d up\n", book.levels(), book.best_price());
  const bool half_right = bought == offered / 2;

  bought += book.buy(offered);
  const std::size_t bytes = cenote::NodeAllocator<Order>::trim();
  std::printf("all bought: %zu prices left; %zu KiB given back to the system\n", book.levels(), bytes / 1024);
  return half_right && bought == offered && book.levels() == 0 && bytes > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
