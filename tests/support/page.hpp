/// Pages of docs/ show code that a test compiles and runs. This holds the one against the other.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cenote::test {

/// Lines without what stands before the first character.
inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  return lines;
}

/// The blocks of C++ of a page, without empty lines and those of comments only.
inline std::vector<std::vector<std::string>> code_on(const std::filesystem::path& page) {
  std::vector<std::vector<std::string>> blocks;
  bool in_code = false;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with("```")) {
      in_code = line == "```cpp";
      if (in_code) blocks.emplace_back();
    } else if (in_code && !line.empty() && !line.starts_with("//")) {
      blocks.back().push_back(line);
    }
  }
  return blocks;
}

/// Every line of each block of C++ on docs/`page` stands in the test, in the block's order. `test`: __FILE__.
inline void expect_page_shows(const char* page, const char* test, std::size_t blocks) {
  const std::filesystem::path here{test};
  const std::filesystem::path there = here.parent_path().parent_path().parent_path() / "docs" / page;
  if (!std::filesystem::exists(here) || !std::filesystem::exists(there))
    GTEST_SKIP() << "the sources are not here";
  const std::vector<std::string> run = lines_of(here);
  const std::vector<std::vector<std::string>> shown = code_on(there);
  EXPECT_EQ(shown.size(), blocks);
  for (const std::vector<std::string>& block : shown) {
    auto at = run.begin();
    for (const std::string& line : block) {
      const auto found = std::find(at, run.end(), line);
      EXPECT_NE(found, run.end()) << page << " shows what is not run, or not in this order: " << line;
      if (found != run.end()) at = found + 1;
    }
  }
}

}  // namespace cenote::test
