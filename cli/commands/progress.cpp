#include "progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "../text/units.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kBarColumns = 24;
constexpr const char* kWipe = "\r\x1b[K";

}  // namespace

std::string progress_line(std::size_t step, std::size_t steps, double elapsed_s, std::string_view what) {
  const std::size_t filled = steps == 0 ? 0 : step * kBarColumns / steps;
  std::string bar;
  for (std::size_t column = 0; column < kBarColumns; ++column) bar += column < filled ? "━" : "┄";
  std::string line = fmt::format("{} {}/{}  {}", bar, step + 1, steps, what);
  if (step == 0) return line;
  const double left_s = elapsed_s / static_cast<double>(step) * static_cast<double>(steps - step);
  return line + fmt::format("  about {:.0f} s left", left_s);
}

Progress::Progress(std::size_t steps) : steps_(steps), shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs(kWipe, stderr);
}

void Progress::begin(std::string_view what) {
  const std::size_t step = begun_++;
  if (!shown_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  fmt::print(stderr, "{}{}", kWipe, progress_line(step, steps_, elapsed.count(), what));
  std::fflush(stderr);
}

}  // namespace cenote::cli
