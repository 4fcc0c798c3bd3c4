#include <algorithm>
#include <charconv>
#include <string_view>

#include <cenote/detail/system.hpp>
#include <cenote/heap_profile.hpp>

#include "os/process.hpp"
#include "profile/countdown.hpp"
#include "profile/pprof.hpp"

namespace cenote::profile {
namespace {

constexpr std::size_t kPathMax = 4096;

/// `path` with the process id for each "%p"; false when it is too long.
bool fill_in(std::string_view path, std::span<char> out) noexcept {
  char* at = out.data();
  char* const end = at + out.size() - 1;
  while (!path.empty()) {
    if (path.starts_with("%p")) {
      const auto [next, error] = std::to_chars(at, end, os::process_id());
      if (error != std::errc{}) return false;
      at = next;
      path.remove_prefix(2);
      continue;
    }
    if (at == end) return false;
    *at++ = path.front();
    path.remove_prefix(1);
  }
  *at = '\0';
  return true;
}

}  // namespace

Problem write(const char* path) noexcept {
  const Inside inside;
  if (!g_recorder.was_started()) return "no profile was started";
  char file[kPathMax];
  if (!fill_in(path, file)) return "the path is too long";
  const Picture picture{g_recorder};
  if (!picture.complete()) return "out of memory";
  const Moment moment{.unix_ns = os::unix_milliseconds() * 1'000'000,
                      .duration_ns = (os::coarse_milliseconds() - g_recorder.started_ms()) * 1'000'000,
                      .rate = g_recorder.rate(),
                      .lost = g_recorder.totals().lost};
  Bytes bytes;
  write_pprof(picture, moment, bytes);
  if (bytes.failed()) return "out of memory";
  return os::replace_file(file, bytes.get()) ? nullptr : "the file cannot be written";
}

}  // namespace cenote::profile
