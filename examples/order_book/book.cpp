#include "book.hpp"

#include <algorithm>
#include <memory>

namespace order_book {
namespace {

Side other(Side side) { return side == Side::buy ? Side::sell : Side::buy; }

}  // namespace

void Level::push(Order& order) {
  order.older = youngest_;
  order.younger = nullptr;
  (youngest_ != nullptr ? youngest_->younger : oldest_) = &order;
  youngest_ = &order;
}

void Level::remove(Order& order) {
  (order.older != nullptr ? order.older->younger : oldest_) = order.younger;
  (order.younger != nullptr ? order.younger->older : youngest_) = order.older;
}

cenote::Result<void> Book::add(OrderId id, Side side, Price price, Quantity quantity) {
  account_.submitted += quantity;
  const Quantity rest = quantity - match(side, price, quantity);
  if (rest == 0) return {};
  const cenote::Result<Order*> storage = orders_.try_allocate();
  if (!storage) {
    account_.rejected += rest;
    return storage.error();
  }
  by_id_[id] = std::construct_at(*storage, Order{nullptr, nullptr, id, price, rest, side});
  level(side, price).push(*by_id_[id]);
  best(side) = side == Side::buy ? std::max(best(side), price) : std::min(best(side), price);
  return {};
}

bool Book::cancel(OrderId id) {
  Order* const order = by_id_[id];
  if (order == nullptr) return false;
  account_.cancelled += order->quantity;
  remove(*order);
  return true;
}

Quantity Book::count_resting() const {
  Quantity pieces = 0;
  for (const auto& side : levels_) {
    for (const Level& at_price : side) {
      for (const Order* order = at_price.oldest(); order != nullptr; order = order->younger)
        pieces += order->quantity;
    }
  }
  return pieces;
}

bool Book::is_uncrossed() {
  settle_best(Side::buy);
  settle_best(Side::sell);
  return best(Side::buy) < best(Side::sell);
}

// Moves the best price away from levels that have become empty.
void Book::settle_best(Side side) {
  Price& price = best(side);
  if (side == Side::buy) {
    while (price > 0 && level(side, price).empty()) --price;
  } else {
    while (price < kPrices && level(side, price).empty()) ++price;
  }
}

bool Book::crosses(Side side, Price price) {
  settle_best(other(side));
  const Price there = best(other(side));
  return side == Side::buy ? there < kPrices && there <= price : there > 0 && there >= price;
}

// Takes up to `wanted` from the other side: the best price first, at one price the oldest. Returns how much.
Quantity Book::match(Side side, Price price, Quantity wanted) {
  Quantity got = 0;
  while (got < wanted && crosses(side, price)) {
    Order& oldest = *level(other(side), best(other(side))).oldest();
    const Quantity part = std::min(wanted - got, oldest.quantity);
    got += part;
    oldest.quantity -= part;
    if (oldest.quantity == 0) remove(oldest);
  }
  account_.traded += got;
  return got;
}

void Book::remove(Order& order) {
  level(order.side, order.price).remove(order);
  by_id_[order.id] = nullptr;
  orders_.deallocate(&order);
}

}  // namespace order_book
