#include "tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "../text/units.hpp"

namespace cenote::cli {
namespace {

using stats::Account, stats::Figure, stats::Kind;

constexpr double kUnknown = -std::numeric_limits<double>::infinity();

double number(std::uint64_t value) noexcept { return static_cast<double>(value); }
std::string bytes_text(std::uint64_t bytes) { return bytes == 0 ? "0" : format_bytes(number(bytes)); }
std::string count_text(double count) {
  return count < 100'000 ? format_count(count) : with_unit(count, count_unit(count));
}

std::string rate_text(const TreeRow& row) {
  return row.rates.allocations ? count_text(*row.rates.allocations) : "-";
}

std::string growth_text(const TreeRow& row) {
  if (!row.rates.growth) return "-";
  const double growth = *row.rates.growth, size = std::abs(growth);
  if (size < 1) return "0";
  return (growth < 0 ? "-" : "+") + format_bytes(size);
}

constexpr std::array<TreeColumn, kTreeColumns> kColumns{{
    {"name", 0, nullptr, [](const TreeRow& row) { return row.name; }},
    {"live", 10, [](const TreeRow& row) { return number(row.account.live()); },
     [](const TreeRow& row) { return bytes_text(row.account.live()); }},
    {"growth/s", 11, [](const TreeRow& row) { return row.rates.growth.value_or(kUnknown); }, growth_text},
    {"cached", 10, [](const TreeRow& row) { return number(row.account.cached()); },
     [](const TreeRow& row) { return bytes_text(row.account.cached()); }},
    {"free", 10, [](const TreeRow& row) { return number(row.account.free()); },
     [](const TreeRow& row) { return bytes_text(row.account.free()); }},
    {"committed", 10, [](const TreeRow& row) { return number(row.account.committed()); },
     [](const TreeRow& row) { return bytes_text(row.account.committed()); }},
    {"blocks", 9, [](const TreeRow& row) { return number(row.account[Figure::blocks_in_use]); },
     [](const TreeRow& row) { return count_text(number(row.account[Figure::blocks_in_use])); }},
    {"allocs/s", 9, [](const TreeRow& row) { return row.rates.allocations.value_or(kUnknown); }, rate_text},
    {"failures", 9, [](const TreeRow& row) { return number(row.account[Figure::failures]); },
     [](const TreeRow& row) { return count_text(number(row.account[Figure::failures])); }},
}};

std::string plural_of(Kind kind) {
  std::string text(stats::name_of(kind));
  std::ranges::replace(text, '_', ' ');
  return text + "s";
}

struct Group {
  TreeRow row{};
  std::vector<TreeRow> pools{};
};

void sort_rows(std::vector<TreeRow>& rows, const TreeOrder& order) {
  const TreeColumn& column = kColumns[order.column];
  std::ranges::stable_sort(rows, [&](const TreeRow& a, const TreeRow& b) {
    const TreeRow& first = order.reversed ? b : a;
    const TreeRow& second = order.reversed ? a : b;
    return column.value == nullptr ? first.name < second.name : column.value(first) > column.value(second);
  });
}

TreeRow pool_row(const History& history, std::size_t index) {
  const Account& pool = history.latest().pools[index];
  const std::string name = pool.name[0] != '\0' ? pool.name : "(no name)";
  return {.key = fmt::format("pool {} {}", index, name),
          .depth = 1,
          .name = pool.borrows ? name + " (of another's)" : name,
          .account = pool,
          .rates = history.rates_of(index)};
}

std::map<Kind, Group> grouped(const History& history) {
  std::map<Kind, Group> groups;
  for (std::size_t i = 0; i < history.latest().pools.size(); ++i) {
    TreeRow row = pool_row(history, i);
    Group& group = groups[row.account.kind];
    group.row.account += row.account;
    group.row.rates += row.rates;
    group.pools.push_back(std::move(row));
  }
  return groups;
}

/// The rows below the process; the members of groups are left where they are.
std::vector<TreeRow> top_rows(std::map<Kind, Group>& groups, const TreeOrder& order) {
  std::vector<TreeRow> rows;
  for (auto& [kind, group] : groups) {
    group.row.account.kind = kind;
    group.row.key = fmt::format("kind {}", static_cast<unsigned>(kind));
    group.row.depth = 1;
    group.row.members = group.pools.size();
    group.row.name = fmt::format("{} {}", group.pools.size(), plural_of(kind));
    group.row.is_open = !order.closed.contains(group.row.key);
    rows.push_back(group.pools.size() == 1 ? group.pools.front() : group.row);
  }
  sort_rows(rows, order);
  return rows;
}

TreeRow process_row(const History& history) {
  TreeRow row{.key = "process", .name = "process", .account = history.latest().process};
  for (std::size_t i = 0; i < history.latest().pools.size(); ++i) {
    if (!history.latest().pools[i].borrows) row.rates += history.rates_of(i);
  }
  return row;
}

}  // namespace

const std::array<TreeColumn, kTreeColumns>& tree_columns() { return kColumns; }

std::vector<TreeRow> tree_rows(const History& history, const TreeOrder& order) {
  if (history.empty()) return {};
  std::map<Kind, Group> groups = grouped(history);
  std::vector<TreeRow> rows{process_row(history)};
  for (TreeRow& row : top_rows(groups, order)) {
    const bool shows_members = row.is_group() && row.is_open;
    const Kind kind = row.account.kind;
    rows.push_back(std::move(row));
    if (!shows_members) continue;
    std::vector<TreeRow>& pools = groups[kind].pools;
    sort_rows(pools, order);
    for (TreeRow& pool : pools) {
      pool.depth = 2;
      rows.push_back(std::move(pool));
    }
  }
  return rows;
}

}  // namespace cenote::cli
