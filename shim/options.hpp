/// CENOTE_OPTIONS="key=value:key=value": what the user of the replacement may choose.
#pragma once

#include <cstdint>

#include <cenote/heap/heap_options.hpp>

namespace cenote::shim {

struct Options {
  Hardening hardening = Hardening::trusting;
  PageKind pages = PageKind::normal;
  char record_sizes[1024] = {};        // a directory; empty: sizes are not recorded
  bool scavenger = true;               // whether an idle process may start a thread that gives memory back
  std::uint32_t purge_delay_ms = 100;  // how long free memory stays warm
  bool verbose = false;                // statistics on stderr when the process ends
};

/// Reads `text`; null stands for no options. An unknown key or a bad value is one warning line on stderr that names it and what it
/// may be; the option keeps its default. Allocates nothing.
void parse_options(const char* text, Options& options) noexcept;

}  // namespace cenote::shim
