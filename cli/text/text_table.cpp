#include "text_table.hpp"

#include <algorithm>
#include <numeric>

#include "quoting.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kGap = 3;

std::string repeated(const char* text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

std::string render_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line = "  ";
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::string pad = repeated(" ", widths[column] - columns_of(cells[column]));
    const std::string gap = repeated(" ", column == 0 ? 0 : kGap);
    line += column == 0 ? cells[column] + pad : gap + pad + cells[column];
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], columns_of(row[column]));
    }
  }
  return widths;
}

std::string TextTable::render() const {
  const std::vector<std::size_t> columns = widths();
  if (columns.empty()) return {};
  const std::size_t width = std::reduce(columns.begin(), columns.end()) + kGap * (columns.size() - 1);
  std::string out;
  for (const auto& row : rows_) {
    out += row.empty() ? "  " + repeated("─", width) + "\n" : render_row(row, columns);
  }
  return out;
}

}  // namespace cenote::cli
