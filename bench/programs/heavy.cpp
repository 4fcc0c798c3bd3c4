// Standard headers and templates that cost a compiler much memory.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N>
struct Level {
  std::map<std::string, std::vector<std::tuple<int, std::string, std::variant<int, double, std::string>>>>
      rows;
  std::unordered_map<std::string, std::function<int(const std::string&)>> calls;
  Level<N - 1> inner;
  int visit(const std::string& key) {
    rows[key].emplace_back(N, key, key + "!");
    calls[key] = [this](const std::string& text) { return static_cast<int>(text.size()) + N; };
    std::sort(rows[key].begin(), rows[key].end());
    return calls[key](key) + inner.visit(key);
  }
};
template <>
struct Level<0> {
  int visit(const std::string& key) { return std::regex_match(key, std::regex("[a-z]+(-[0-9]+)*")) ? 1 : 0; }
};

int main(int argc, char** argv) {
  Level<12> level;
  std::cout << level.visit(argc > 1 ? argv[1] : "cenote-1") << '\n';
}
