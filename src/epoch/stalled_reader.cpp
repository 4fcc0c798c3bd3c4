#include <atomic>
#include <cinttypes>
#include <cstdio>

#include <cenote/epoch/stalled_reader.hpp>

namespace cenote {
namespace {

void print(const StalledReader& reader) noexcept {
  std::fprintf(stderr,
               "cenote: epoch domain \"%s\": thread %" PRIu64 " \"%s\" has stayed in a guard for %" PRIu64
               " ms, and %zu retired block%s\n",
               reader.domain, reader.thread_id, reader.thread, reader.milliseconds, reader.waiting,
               reader.waiting == 1 ? " waits" : "s wait");
}

constinit std::atomic<StallHandler> g_handler{&print};

}  // namespace

StallHandler set_stall_handler(StallHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print, std::memory_order_acq_rel);
}

void report_stalled_reader(const StalledReader& reader) noexcept {
  g_handler.load(std::memory_order_acquire)(reader);
}

}  // namespace cenote
