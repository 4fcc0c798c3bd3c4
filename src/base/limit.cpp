#include <atomic>
#include <cstdio>

#include <cenote/detail/limit.hpp>

#include "base/print_error.hpp"
#include "base/text.hpp"

namespace cenote {
namespace {

void print(const LimitEvent& event) noexcept {
  char subject[320] = "process";  // room for a printable name
  if (event.scope != LimitScope::process)
    std::snprintf(subject, sizeof subject, "%s \"%s\"",
                  event.scope == LimitScope::heap ? "heap" : "heaps named",
                  text::Printable<>{event.name}.get());
  print_error_format(
      "cenote: %s: %zu bytes held, above the limit of %zu: free some, or raise the limit (cenote stats shows "
      "who holds them)\n",
      subject, event.bytes_held, event.bytes_limit);
}

constinit std::atomic<LimitHandler> g_handler{&print};

}  // namespace

LimitHandler set_limit_handler(LimitHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print, std::memory_order_acq_rel);
}

void report_limit(const LimitEvent& event) noexcept { g_handler.load(std::memory_order_acquire)(event); }

}  // namespace cenote
