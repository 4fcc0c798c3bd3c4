// Hard work for a compiler: standard headers, and templates instantiated many times over. `make run` compiles
// it with g++ under the system's malloc and under cenote; the program itself is not run.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <regex>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

/// A type of its own for each N: no instantiation below is shared.
template <int N>
struct Order {
  int id = N;
  double price = N * 1.25;
  std::string symbol = "S" + std::to_string(N);
  std::vector<std::pair<int, std::string>> fills;

  auto key() const { return std::tie(price, symbol, id); }
  bool operator<(const Order& other) const { return key() < other.key(); }
};

/// Containers, algorithms and closures over one type.
template <int N>
struct Book {
  std::map<std::string, std::vector<Order<N>>> by_symbol;
  std::unordered_map<int, std::shared_ptr<Order<N>>> by_id;
  std::function<double(const Order<N>&)> value = [](const Order<N>& order) { return order.price * N; };

  void insert(Order<N> order) {
    auto& level = by_symbol[order.symbol];
    by_id.emplace(order.id, std::make_shared<Order<N>>(order));
    level.push_back(std::move(order));
    std::sort(level.begin(), level.end());
    std::stable_partition(level.begin(), level.end(), [](const auto& each) { return each.id % 2 == 0; });
  }

  std::optional<double> total() const {
    double sum = 0;
    for (const auto& level : by_symbol | std::views::values) {
      sum += std::transform_reduce(level.begin(), level.end(), 0.0, std::plus<>{}, value);
    }
    return sum > 0 ? std::optional{sum} : std::nullopt;
  }
};

template <int... N>
using AnyBook = std::variant<Book<N>...>;

/// Fills and totals one book of each kind.
template <int... N>
double trade(std::integer_sequence<int, N...>) {
  std::vector<AnyBook<N...>> books;
  (books.emplace_back(Book<N>{}), ...);
  double sum = 0;
  for (auto& any : books) {
    sum += std::visit(
        [](auto& book) {
          book.insert({});
          return book.total().value_or(0);
        },
        any);
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kKinds = 6;
  const std::string text = argc > 1 ? argv[1] : "cenote-1";
  std::ostringstream out;
  out << trade(std::make_integer_sequence<int, kKinds>{}) << ' '
      << std::regex_match(text, std::regex("[a-z]+(-[0-9]+)*"));
  std::cout << out.str() << '\n';
}
