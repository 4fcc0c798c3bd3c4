#include <atomic>
#include <cstdint>
#include <cstring>

#include <cenote/heap_profile.hpp>

#include "base/print_error.hpp"
#include "malloc/options.hpp"
#include "os/modules.hpp"
#include "os/process.hpp"
#include "os/thread.hpp"
#include "profile/recorder.hpp"

#define CENOTE_EXPORT [[gnu::visibility("default")]]

namespace cenote::profiling {
namespace {

constinit const shim::Options* g_options = nullptr;  // null: there is no profile
constinit std::uint64_t g_process = 0;               // that began it
constinit std::atomic<std::uint32_t> g_wanted{0};    // how often the signal came

void complain(const char* what, const char* why) noexcept {
  print_error_format("cenote: CENOTE_OPTIONS: %s: %s\n", what, why);
}

// A forked child has a file of its own or none: it must not write over its parent's.
void write_profile() noexcept {
  const char* const path = g_options->profile;
  if (path[0] == '\0') return;
  if (os::process_id() != g_process && std::strstr(path, "%p") == nullptr) return;
  if (const profile::Problem problem = profile::write(path)) complain(path, problem);
}

void on_signal() noexcept {
  g_wanted.fetch_add(1, std::memory_order_release);
  os::wake_one(g_wanted);
}

void write_when_wanted() noexcept {
  for (std::uint32_t seen = 0;;) {
    const std::uint32_t wanted = g_wanted.load(std::memory_order_acquire);
    if (wanted == seen) {
      os::wait_while(g_wanted, seen);
      continue;
    }
    seen = wanted;
    write_profile();
  }
}

// Before main, and not with the first block: a thread cannot be started inside malloc's own start.
[[gnu::constructor]] void at_start_of_process() noexcept {
  if (g_options == nullptr || g_options->profile_signal == os::UserSignal::none) return;
  if (!os::start_background_thread(&write_when_wanted, "cenote-profile") ||
      !os::on_user_signal(g_options->profile_signal, &on_signal)) {
    complain("profile_signal", "the system refuses a thread or a signal handler");
  }
}

[[gnu::destructor]] void at_end_of_process() noexcept {
  if (g_options == nullptr) return;
  profile::stop();
  write_profile();
  if (g_options->leaks && os::process_id() == g_process) profile::report_live();
}

}  // namespace

void start(const shim::Options& options) noexcept {
  if (!options.profile_on && !options.leaks) return;
  const os::Module own = os::own_module();
  profile::g_recorder.hide_code(own.start, own.end);
  if (const profile::Problem problem = profile::start({.rate_bytes = options.sampling_rate()})) {
    return complain(options.profile_on ? "profile" : "leaks", problem);
  }
  g_process = os::process_id();
  g_options = &options;
}

}  // namespace cenote::profiling

/// For cenote::Tag in programs that link the library, and for anyone who finds this by dlsym: samples of what
/// the calling thread allocates carry `name` from now on, null none. The first 63 bytes are copied.
extern "C" CENOTE_EXPORT void cenote_malloc_tag(const char* name) noexcept {
  cenote::profile::t_tag = name == nullptr ? nullptr : cenote::profile::g_recorder.keep_name(name);
}
