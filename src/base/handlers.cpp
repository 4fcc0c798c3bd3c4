#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include <cenote/detail/bits.hpp>
#include <cenote/handlers.hpp>

#include "base/damage.hpp"
#include "base/print_error.hpp"
#include "base/text.hpp"

namespace cenote {
namespace {

/// The handler of one kind of event: the user's, or the standard one.
template <class Handler, Handler standard>
class Installed {
 public:
  /// Returns the handler before.
  Handler exchange(Handler handler) noexcept {
    return handler_.exchange(handler != nullptr ? handler : standard, std::memory_order_acq_rel);
  }
  Handler get() const noexcept { return handler_.load(std::memory_order_acquire); }

 private:
  std::atomic<Handler> handler_{standard};
};

using text::Printable;

// Not %p, which C libraries print differently.
[[noreturn]] void print_and_abort(const Misuse& misuse, const char* what) noexcept {
  print_error_format("cenote: %s: 0x%" PRIxPTR " in pool \"%s\"\n", what, address_of(misuse.address),
                     Printable<>{misuse.pool}.get());
  std::abort();
}

void print_misuse(const Misuse& misuse) noexcept { print_and_abort(misuse, to_string(misuse.error)); }

void print_leak(std::string_view pool, std::size_t blocks) noexcept {
  print_error_format("cenote: pool \"%s\" destroyed with %zu block%s in use\n", Printable<>{pool}.get(),
                     blocks, blocks == 1 ? "" : "s");
}

void print_limit(const LimitEvent& event) noexcept {
  char subject[320] = "process";  // room for a printable name
  if (event.scope != LimitScope::process)
    std::snprintf(subject, sizeof subject, "%s \"%s\"",
                  event.scope == LimitScope::heap ? "heap" : "pools named", Printable<>{event.name}.get());
  print_error_format(
      "cenote: %s: %zu bytes held, above the limit of %zu: free some, or raise the limit (cenote stats shows "
      "who holds them)\n",
      subject, event.bytes_held, event.bytes_limit);
}

void print_stall(const StalledReader& reader) noexcept {
  print_error_format("cenote: epoch domain \"%s\": thread %" PRIu64
                     " \"%s\" has stayed in a guard for %" PRIu64 " ms, and %zu retired block%s\n",
                     Printable<>{reader.domain}.get(), reader.thread_id, Printable<>{reader.thread}.get(),
                     reader.milliseconds, reader.waiting, reader.waiting == 1 ? " waits" : "s wait");
}

constinit Installed<MisuseHandler, &print_misuse> g_misuse_handler;
constinit Installed<LeakHandler, &print_leak> g_leak_handler;
constinit Installed<LimitHandler, &print_limit> g_limit_handler;
constinit Installed<StallHandler, &print_stall> g_stall_handler;

}  // namespace

MisuseHandler set_misuse_handler(MisuseHandler handler) noexcept {
  return g_misuse_handler.exchange(handler);
}
LeakHandler set_leak_handler(LeakHandler handler) noexcept { return g_leak_handler.exchange(handler); }
LimitHandler set_limit_handler(LimitHandler handler) noexcept { return g_limit_handler.exchange(handler); }
StallHandler set_stall_handler(StallHandler handler) noexcept { return g_stall_handler.exchange(handler); }

void report_misuse(const Misuse& misuse) noexcept { g_misuse_handler.get()(misuse); }
void report_leak(std::string_view pool, std::size_t blocks) noexcept { g_leak_handler.get()(pool, blocks); }
void report_limit(const LimitEvent& event) noexcept { g_limit_handler.get()(event); }
void report_stalled_reader(const StalledReader& reader) noexcept { g_stall_handler.get()(reader); }

void report_damage(const Misuse& misuse, const char* damage) noexcept {
  const MisuseHandler handler = g_misuse_handler.get();
  if (damage != nullptr && handler == &print_misuse) print_and_abort(misuse, damage);
  handler(misuse);
}

}  // namespace cenote
