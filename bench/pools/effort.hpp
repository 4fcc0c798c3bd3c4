/// How much of its usual work a bench program does: its option --work=SHARE.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace cenote {

struct Effort {
  double share = 1;

  /// The iterations in which `blocks` blocks are allocated and freed in all, `each` in one iteration; at
  /// least one.
  std::int64_t iterations(double blocks, double each) const noexcept {
    const auto count = static_cast<std::int64_t>(share * blocks / each);
    return count < 1 ? 1 : count;
  }
  std::size_t objects(std::size_t usual) const noexcept {
    return static_cast<std::size_t>(iterations(static_cast<double>(usual), 1));
  }
};

/// Removes --work=SHARE from the arguments. Ends the program unless SHARE is above 0.
inline Effort take_effort(int& argc, char** argv) {
  constexpr std::string_view kOption = "--work=";
  Effort effort;
  char** const end = std::remove_if(argv, argv + argc, [&](const char* argument) {
    if (!std::string_view{argument}.starts_with(kOption)) return false;
    effort.share = std::atof(argument + kOption.size());
    return true;
  });
  argc = static_cast<int>(end - argv);
  if (!(effort.share > 0)) {
    std::fprintf(stderr, "%s: --work must be above 0\n", argv[0]);
    std::exit(2);
  }
  return effort;
}

}  // namespace cenote
