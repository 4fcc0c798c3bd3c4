/// CENOTE_OPTIONS="key=value:key=value": what the user of the replacement may choose.
#pragma once

#include <cstdint>

#include <cenote/handlers.hpp>
#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>

#include "os/process.hpp"

namespace cenote::shim {

/// A number of bytes, or a share of the memory that the system lets the process have.
struct LimitOption {
  std::uint64_t bytes = 0;
  unsigned percent = 0;  // 0: `bytes`
};

struct Options {
  Hardening hardening = Hardening::trusting;
  PageKind pages = PageKind::normal;
  char record_sizes[1024] = {};        // a directory; empty: sizes are not recorded
  bool scavenger = true;               // whether an idle process may start a thread that gives memory back
  std::uint32_t purge_delay_ms = 100;  // how long free memory stays warm
  bool profile_on = false;             // whether a heap profile is made
  char profile[1024] = {};             // its file; empty: none is written, and it can be read from outside
  std::uint64_t profile_rate = 0;      // 0: not chosen, see sampling_rate()
  os::UserSignal profile_signal = os::UserSignal::none;  // at which it is written too
  bool leaks = false;   // a list of what was not freed on stderr when the process ends
  LimitOption limit{};  // of what malloc may hold; zeros: none
  LimitAction limit_action = LimitAction::refuse;
  bool pressure = false;  // whether a thread listens for memory running short
  bool verbose = false;   // statistics on stderr when the process ends

  /// One sample for so many bytes. A list of leaks looks at every block: at the default rate a leak below
  /// about 1.5 MiB can have no sample.
  std::uint64_t sampling_rate() const noexcept {
    return profile_rate != 0 ? profile_rate : leaks ? 1 : profile::kDefaultRate;
  }
};

/// Reads `text`; null stands for no options. An unknown key or a bad value is one warning line on stderr that
/// names it and what it may be; the option keeps its default. Allocates nothing.
void parse_options(const char* text, Options& options) noexcept;

}  // namespace cenote::shim

namespace cenote::profiling {

/// Begins, when the options want a profile or a list of leaks. Called once, with the options in force from
/// then on.
void start(const shim::Options& options) noexcept;

}  // namespace cenote::profiling
