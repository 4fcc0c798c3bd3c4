#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include <cenote/base/bits.hpp>
#include <cenote/base/misuse.hpp>

#include "base/text.hpp"

namespace cenote {
namespace {

// stderr is unbuffered: the line is formatted on the stack, so nothing here asks for memory. (%p is another text on each system.)
void print_and_abort(const Misuse& misuse) noexcept {
  std::fprintf(stderr, "cenote: %s: 0x%" PRIxPTR " in pool \"%s\"\n", to_string(misuse.error),
               address_of(misuse.address), text::Printable<>{misuse.pool}.get());
  std::abort();
}

constinit std::atomic<MisuseHandler> g_handler{&print_and_abort};

}  // namespace

MisuseHandler set_misuse_handler(MisuseHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print_and_abort, std::memory_order_acq_rel);
}

void report_misuse(const Misuse& misuse) noexcept { g_handler.load(std::memory_order_acquire)(misuse); }

}  // namespace cenote
