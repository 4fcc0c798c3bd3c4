#include <algorithm>
#include <array>
#include <cstdio>

#include <cenote/stats.hpp>

#include "base/text.hpp"

namespace cenote::stats {
namespace {

/// 1536 -> "1.5 KiB": three digits, as people read sizes.
std::string size_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

void append_left(std::string& line, std::string_view text, std::size_t width) {
  line.append(text).append(width - std::min(width, text.size()), ' ');
}
void append_right(std::string& line, std::string_view text, std::size_t width) {
  line.append(width - std::min(width, text.size()), ' ').append(text);
}

struct Column {
  std::string_view title;
  std::uint64_t (*read)(const Account& account);
  bool is_size;
};

constexpr std::array kColumns{
    Column{"live", [](const Account& a) { return a.live(); }, true},
    Column{"cached", [](const Account& a) { return a.cached(); }, true},
    Column{"free", [](const Account& a) { return a.free(); }, true},
    Column{"committed", [](const Account& a) { return a.committed(); }, true},
    Column{"metadata", [](const Account& a) { return a[Figure::metadata]; }, true},
    Column{"blocks", [](const Account& a) { return a[Figure::blocks_in_use]; }, false},
    Column{"failures", [](const Account& a) { return a[Figure::failures]; }, false},
};
constexpr std::size_t kColumnWidth = 11;

std::string shown_name(const Account& account) {
  return account.name[0] != '\0' ? text::Printable<>{account.name}.get() : "(no name)";
}

struct Widths {
  std::size_t name = 7;  // "process"
  std::size_t kind = 4;
};

Widths widths_of(const Snapshot& snapshot) {
  Widths widths;
  for (const Account& pool : snapshot.pools) {
    widths.name = std::max(widths.name, shown_name(pool).size());
    widths.kind = std::max(widths.kind, name_of(pool.kind).size());
  }
  return widths;
}

void append_row(std::string& text, const Account& account, Widths widths) {
  append_left(text, shown_name(account), widths.name + 2);
  append_left(text, account.kind == Kind::process ? "" : name_of(account.kind), widths.kind);
  for (const Column& column : kColumns) {
    const std::uint64_t value = column.read(account);
    append_right(text, column.is_size ? size_text(value) : std::to_string(value), kColumnWidth);
  }
  text.append(account.borrows ? "  of another's\n" : "\n");
}

void append_reasons(std::string& text, const Snapshot& snapshot) {
  text.append("\nWhy ").append(size_text(snapshot.resident_bytes)).append(" are resident:\n");
  for (const Reason& reason : why_resident(snapshot)) {
    append_right(text, reason.is_unknown ? "unknown" : size_text(reason.bytes), kColumnWidth);
    text.append("  ").append(reason.name).append(": ").append(reason.meaning).append("\n");
  }
  append_right(text, size_text(snapshot.process[Figure::untouched]), kColumnWidth);
  text.append("  (mapped but not resident: never used, or given back)\n");
}

}  // namespace

std::string to_table(const Snapshot& snapshot) {
  const Widths widths = widths_of(snapshot);
  std::string text;
  append_left(text, "name", widths.name + 2);
  append_left(text, "kind", widths.kind);
  for (const Column& column : kColumns) append_right(text, column.title, kColumnWidth);
  text += '\n';
  for (const Account& pool : snapshot.pools) append_row(text, pool, widths);
  append_row(text, snapshot.process, widths);
  if (snapshot.resident_bytes != 0) append_reasons(text, snapshot);
  return text;
}

}  // namespace cenote::stats
