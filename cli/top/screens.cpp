#include "screens.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "../text/quoting.hpp"
#include "../text/units.hpp"
#include "graphics.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kLinesAroundList = 4;  // title, empty, heading, keys
// title, alarm, bar, three of its legend, two of history, heading, keys
constexpr std::size_t kLinesAroundProcess = 10;
constexpr std::size_t kLabelColumns = 20;
constexpr std::string_view kReasonLetters = "LICPEOM.";
static_assert(kReasonLetters.size() == stats::kReasons);

std::string bytes_text(std::uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::string clock_text(std::uint64_t unix_milliseconds) {
  const auto seconds = static_cast<std::time_t>(unix_milliseconds / 1000);
  std::tm local = {};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string pace_text(const Surroundings& around) {
  return around.paused ? "paused" : fmt::format("every {:g} s", around.interval_s);
}

Line title_line(const std::string& title, const std::string& right, const Surroundings& around) {
  const std::size_t columns = around.screen.columns, taken = std::min(columns, columns_of(right) + 1);
  return {{fit_left("cenote top  " + title, columns - taken), Style::bold}, {" " + right}};
}

Line keys_line(std::string_view keys, const Screen& screen) {
  return {{fit_left(keys, screen.columns), Style::dim}};
}

/// Cuts lines to the screen, and what they say to what a terminal may be sent.
TextFrame fitted(TextFrame frame, const Screen& screen) {
  for (Line& line : frame) {
    std::size_t left = screen.columns;
    for (Span& span : line) {
      const std::string text = columns_of(span.text) > left ? fit_left(span.text, left) : span.text;
      span.text = printable(text, screen);
      left -= columns_of(span.text);
    }
  }
  return frame;
}

/// Puts the keys on the last line, whatever there is above.
TextFrame with_keys(TextFrame frame, std::string_view keys, const Screen& screen) {
  frame.resize(std::max<std::size_t>(screen.lines, 1) - 1);
  frame.push_back(keys_line(keys, screen));
  return fitted(std::move(frame), screen);
}

// --- the list ----------------------------------------------------------------------------------------------

Line list_row(const ListedProcess& process, Style style, const Screen& screen) {
  const std::string text = fit_right(std::to_string(process.id), 9) +
                           fit_right(bytes_text(process.live_bytes), 11) +
                           fit_right(bytes_text(process.resident_bytes), 11) + "  " + process.command_line;
  return {{fit_left(text, screen.columns), style}};
}

// --- why so much is resident -------------------------------------------------------------------------------

using Reasons = std::array<stats::Reason, stats::kReasons>;

// Beside the sparklines, and as long.
Line bar_line(const Reasons& reasons, const Screen& screen) {
  std::array<std::uint64_t, stats::kReasons> parts{};
  std::ranges::transform(reasons, parts.begin(), &stats::Reason::bytes);
  Line line{{fit_left("of which", kLabelColumns)}};
  const std::size_t columns = screen.columns - std::min(screen.columns, kLabelColumns);
  for (const std::size_t part : share_out(parts, columns)) {
    const Style style = reason_style(part);
    if (line.back().style != style) line.push_back({"", style});
    line.back().text += kReasonLetters[part];
  }
  return line;
}

/// "L live 3.9 MiB", as many on a line as fit.
TextFrame legend_lines(const Reasons& reasons, const Screen& screen) {
  constexpr std::size_t kColumns = 34, kLines = 3;
  const std::size_t a_line = std::max<std::size_t>(1, screen.columns / kColumns);
  TextFrame lines(kLines);
  for (std::size_t i = 0; i < reasons.size() && i / a_line < kLines; ++i) {
    Line& line = lines[i / a_line];
    line.push_back({std::string(1, kReasonLetters[i]), reason_style(i)});
    const std::string amount = reasons[i].is_unknown ? "unknown" : bytes_text(reasons[i].bytes);
    line.push_back({fmt::format(" {}{}  ", fit_left(reasons[i].name, 22), fit_right(amount, 9))});
  }
  return lines;
}

Line history_line(std::string_view name, const History& history, std::uint64_t History::Moment::*figure,
                  const Screen& screen) {
  std::vector<double> values;
  for (const History::Moment& moment : history.moments())
    values.push_back(static_cast<double>(moment.*figure));
  const auto now = static_cast<std::uint64_t>(values.back());
  const std::string label = fit_left(name, 9) + fit_right(bytes_text(now), kLabelColumns - 10) + " ";
  const std::size_t room = screen.columns - std::min(screen.columns, kLabelColumns);
  return {{label}, {sparkline(values, room, screen), Style::bold}};
}

// --- the tree ----------------------------------------------------------------------------------------------

/// How many columns have room beside the name, which comes first.
std::size_t columns_shown(const Screen& screen) {
  constexpr std::size_t kNameMin = 16;
  const auto& columns = tree_columns();
  std::size_t taken = kNameMin, count = 1;
  while (count < columns.size() && taken + columns[count].width <= screen.columns)
    taken += columns[count++].width;
  return count;
}

std::size_t name_width(const Screen& screen, std::size_t shown) {
  std::size_t taken = 0;
  for (std::size_t i = 1; i < shown; ++i) taken += tree_columns()[i].width;
  return screen.columns - std::min(screen.columns, taken);
}

Line heading_line(const TreeOrder& order, const Screen& screen) {
  const std::size_t shown = columns_shown(screen);
  Line line;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool sorts = i == order.column;
    const std::string_view mark = !sorts ? "" : order.reversed ? "^" : "v";
    const std::string title = fmt::format("{}{}", mark, tree_columns()[i].title);
    const std::size_t width = i == 0 ? name_width(screen, shown) : tree_columns()[i].width;
    line.push_back({i == 0 ? fit_left(title, width) : fit_right(title, width),
                    sorts ? Style::selected : Style::heading});
  }
  return line;
}

std::string tree_name(const TreeRow& row) {
  const std::string indent(static_cast<std::size_t>(row.depth) * 2, ' ');
  return indent + (row.is_group() ? row.is_open ? "- " : "+ " : "") + row.name;
}

Line tree_line(const TreeRow& row, Style style, const Screen& screen) {
  const std::size_t shown = columns_shown(screen);
  std::string text = fit_left(tree_name(row), name_width(screen, shown));
  for (std::size_t i = 1; i < shown; ++i)
    text += fit_right(tree_columns()[i].text(row), tree_columns()[i].width);
  return {{text, style}};
}

}  // namespace

void Cursor::keep_in(std::size_t rows, std::size_t room) {
  selected = rows == 0 ? 0 : std::min(selected, rows - 1);
  first = std::min(first, selected);
  if (selected >= first + room) first = selected - room + 1;
  first = std::min(first, rows > room ? rows - room : 0);
}

std::size_t rows_of_list(const Screen& screen) {
  return std::max(screen.lines, kLinesAroundList + 1) - kLinesAroundList;
}
std::size_t rows_of_process(const Screen& screen) {
  return std::max(screen.lines, kLinesAroundProcess + 1) - kLinesAroundProcess;
}

TextFrame list_frame(const ListView& view, const Surroundings& around) {
  const Screen& screen = around.screen;
  TextFrame frame{
      title_line(fmt::format("{} processes of yours carry cenote", view.processes.size()), pace_text(around),
                 around),
      Line{}, Line{{fit_left("      PID       live   resident  command", screen.columns), Style::heading}}};
  const std::size_t end = std::min(view.processes.size(), view.cursor.first + rows_of_list(screen));
  for (std::size_t i = view.cursor.first; i < end; ++i)
    frame.push_back(
        list_row(view.processes[i], i == view.cursor.selected ? Style::selected : Style::plain, screen));
  if (view.processes.empty()) frame.push_back({{view.remark, Style::alarm}});
  return with_keys(std::move(frame), "up/down choose  enter look  space pause  +/- pace  q quit", screen);
}

TextFrame process_frame(const ProcessView& view, const Surroundings& around) {
  const Screen& screen = around.screen;
  const std::string title = fmt::format("{} ({})", view.command, view.id);
  if (view.history.empty())
    return with_keys({title_line(title, "", around), {{view.alarm, Style::alarm}}}, "q quit", screen);
  const stats::Snapshot& now = view.history.latest();
  const Reasons reasons = stats::why_resident(now);
  TextFrame frame{title_line(title, pace_text(around) + "  " + clock_text(now.unix_milliseconds), around),
                  Line{{view.alarm, Style::alarm}},
                  history_line("resident", view.history, &History::Moment::resident_bytes, screen),
                  history_line("live", view.history, &History::Moment::live_bytes, screen),
                  bar_line(reasons, screen)};
  for (Line& line : legend_lines(reasons, screen)) frame.push_back(std::move(line));
  frame.push_back(heading_line(view.order, screen));
  const std::size_t end = std::min(view.rows.size(), view.cursor.first + rows_of_process(screen));
  for (std::size_t i = view.cursor.first; i < end; ++i)
    frame.push_back(
        tree_line(view.rows[i], i == view.cursor.selected ? Style::selected : Style::plain, screen));
  return with_keys(std::move(frame),
                   around.has_list
                       ? "</> sort by  r reverse  enter fold  space pause  +/- pace  b back  q quit"
                       : "</> sort by  r reverse  enter fold  space pause  +/- pace  q quit",
                   screen);
}

}  // namespace cenote::cli
