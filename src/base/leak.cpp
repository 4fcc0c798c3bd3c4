#include <atomic>

#include <cenote/detail/leak.hpp>

#include "base/print_error.hpp"
#include "base/text.hpp"

namespace cenote {
namespace {

void print(std::string_view pool, std::size_t blocks) noexcept {
  print_error_format("cenote: pool \"%s\" destroyed with %zu block%s in use\n", text::Printable<>{pool}.get(),
                     blocks, blocks == 1 ? "" : "s");
}

constinit std::atomic<LeakHandler> g_handler{&print};

}  // namespace

LeakHandler set_leak_handler(LeakHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print, std::memory_order_acq_rel);
}

void report_leak(std::string_view pool, std::size_t blocks) noexcept {
  g_handler.load(std::memory_order_acquire)(pool, blocks);
}

}  // namespace cenote
