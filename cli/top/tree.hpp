/// The pools of a process as a tree: the process, the kinds of pools, the pools, each level in the order of a
/// column.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "history.hpp"

namespace cenote::cli {

struct TreeRow {
  std::string key{};  // names it among the rows, now and later
  int depth = 0;
  std::string name{};
  stats::Account account{};  // of a group: the sum
  Rates rates{};
  std::size_t members = 0;  // of a group; 0: a pool, or the process
  bool is_open = true;

  bool is_group() const noexcept { return members != 0; }
};

/// A column that rows can be sorted by.
struct TreeColumn {
  std::string_view title;
  std::size_t width;
  double (*value)(const TreeRow& row);  // greater ones come first; null: by name
  std::string (*text)(const TreeRow& row);
};
inline constexpr std::size_t kTreeColumns = 9;
const std::array<TreeColumn, kTreeColumns>& tree_columns();

struct TreeOrder {
  std::size_t column = 1;  // live
  bool reversed = false;
  std::set<std::string> closed{};  // keys of groups whose members are not shown
};

/// A kind of which there is one pool has no group. Where something is not known, it comes last.
std::vector<TreeRow> tree_rows(const History& history, const TreeOrder& order);

}  // namespace cenote::cli
