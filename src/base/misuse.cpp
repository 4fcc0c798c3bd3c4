#include <atomic>
#include <cinttypes>
#include <cstdlib>

#include <cenote/detail/bits.hpp>
#include <cenote/handlers.hpp>

#include "base/damage.hpp"
#include "base/print_error.hpp"
#include "base/text.hpp"

namespace cenote {
namespace {

// Not %p, which C libraries print differently.
[[noreturn]] void print_and_abort(const Misuse& misuse, const char* what) noexcept {
  print_error_format("cenote: %s: 0x%" PRIxPTR " in pool \"%s\"\n", what, address_of(misuse.address),
                     text::Printable<>{misuse.pool}.get());
  std::abort();
}

void print_error_and_abort(const Misuse& misuse) noexcept {
  print_and_abort(misuse, to_string(misuse.error));
}

constinit std::atomic<MisuseHandler> g_handler{&print_error_and_abort};

}  // namespace

MisuseHandler set_misuse_handler(MisuseHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print_error_and_abort, std::memory_order_acq_rel);
}

void report_misuse(const Misuse& misuse) noexcept { g_handler.load(std::memory_order_acquire)(misuse); }

void report_damage(const Misuse& misuse, const char* damage) noexcept {
  const MisuseHandler handler = g_handler.load(std::memory_order_acquire);
  if (damage != nullptr && handler == &print_error_and_abort) print_and_abort(misuse, damage);
  handler(misuse);
}

}  // namespace cenote
