#include "last_lines.hpp"

#include "../text/quoting.hpp"

namespace cenote::cli {

std::string last_lines(std::string_view text, std::size_t count) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  while (!text.empty() && count-- > 0) {
    const std::size_t line = text.rfind('\n') + 1;  // npos + 1 is 0: the first line
    out.insert(0, "    " + printable(text.substr(line)) + "\n");
    text = text.substr(0, line == 0 ? 0 : line - 1);
  }
  return out;
}

}  // namespace cenote::cli
