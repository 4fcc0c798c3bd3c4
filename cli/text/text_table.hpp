/// A table of aligned columns for a terminal.
#pragma once

#include <string>
#include <vector>

namespace cenote::cli {

/// Rows of cells; the first column is aligned left, the others right.
class TextTable {
 public:
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void add_rule() { rows_.emplace_back(); }

  /// All rows, each indented by two and ended by a newline; columns are three spaces apart.
  [[nodiscard]] std::string render() const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<std::vector<std::string>> rows_;  // an empty row is a rule
};

}  // namespace cenote::cli
