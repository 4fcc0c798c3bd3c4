/// Names and places of addresses, from DWARF: in the files of programs and libraries, or in files of debug
/// information beside them (/usr/lib/debug, .build-id, .gnu_debuglink, debuginfod where DEBUGINFOD_URLS is
/// set). By libdw of elfutils.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::cli {

/// A function, and where in it an address is.
struct SourceLine {
  std::string function;  // as the linker has it, where it is known to the linker
  std::string file;
  std::int64_t line = 0;
};

/// Part of a program or library in memory.
struct LoadedModule {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t file_offset = 0;  // of what is at `start`
  std::string file;
  std::string build_id;  // hexadecimal; empty: not known
};

/// Files once opened stay open while it lives. Threads: one at a time.
class Symbolizer {
 public:
  Symbolizer();
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  /// The source lines of `address` in `module`: the innermost inlined call first, the function that contains
  /// them last. Empty without debug information, and when the file is not the one that was loaded.
  std::vector<SourceLine> lines(const LoadedModule& module, std::uint64_t address);

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

}  // namespace cenote::cli
