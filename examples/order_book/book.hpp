// A limit order book for one instrument. Every resting order is a block of a FixedPool, and price levels are
// lists through the orders: after construction nothing else is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <cenote/cenote.hpp>

namespace order_book {

using Quantity = std::int64_t;
using OrderId = std::uint32_t;
using Price = std::uint32_t;  // in ticks, 1 to kPrices - 1

inline constexpr Price kPrices = 1024;

enum class Side : std::uint8_t { buy, sell };

/// An order that waits at its price.
struct Order {
  Order* older;
  Order* younger;
  OrderId id;
  Price price;
  Quantity quantity;
  Side side;
};

/// The orders that wait at one price on one side, the oldest first.
class Level {
 public:
  bool empty() const { return oldest_ == nullptr; }
  Order* oldest() const { return oldest_; }
  void push(Order& order);
  void remove(Order& order);

 private:
  Order* oldest_ = nullptr;
  Order* youngest_ = nullptr;
};

/// What became of every piece that was bid for or offered.
struct Account {
  Quantity submitted = 0;
  Quantity traded = 0;  // each a buyer's and a seller's
  Quantity cancelled = 0;
  Quantity rejected = 0;

  Quantity resting() const { return submitted - 2 * traded - cancelled - rejected; }
};

/// One thread owns book and pool, as matching engines are built: the pool needs no synchronisation.
using OrderPool = cenote::FixedPool<Order, cenote::SingleThread>;

class Book {
 public:
  /// For orders with ids below `ids`, each used once.
  Book(OrderPool& orders, std::size_t ids) : orders_{orders}, by_id_(ids) {}

  /// Trades what crosses; the rest waits at its price. Errors: exhausted, when there is no room for the rest,
  /// which is rejected.
  cenote::Result<void> add(OrderId id, Side side, Price price, Quantity quantity);
  /// Whether the order was still waiting.
  bool cancel(OrderId id);

  const Account& account() const { return account_; }
  /// The pieces that wait, counted order by order.
  Quantity count_resting() const;
  /// Whether no buyer waits at a price at which a seller waits.
  bool is_uncrossed();

 private:
  Level& level(Side side, Price price) { return levels_[static_cast<std::size_t>(side)][price]; }
  Price& best(Side side) { return best_[static_cast<std::size_t>(side)]; }
  void settle_best(Side side);
  bool crosses(Side side, Price price);
  Quantity match(Side side, Price price, Quantity wanted);
  void remove(Order& order);

  OrderPool& orders_;
  std::vector<Order*> by_id_;
  std::array<std::array<Level, kPrices>, 2> levels_{};
  std::array<Price, 2> best_{0,
                             kPrices};  // no better price has orders; cancelling may leave the best one empty
  Account account_;
};

}  // namespace order_book
