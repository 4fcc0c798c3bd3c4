#include <signal.h>

#include <atomic>

#include "os/linux/small_file.hpp"
#include "os/process.hpp"

namespace cenote::os {
namespace {

constinit std::atomic<void (*)() noexcept> g_handler{nullptr};

void on_signal(int) noexcept {
  const KeepErrno keep;
  if (auto* const handler = g_handler.load(std::memory_order_acquire)) handler();
}

}  // namespace

bool on_user_signal(UserSignal signal, void (*handler)() noexcept) noexcept {
  if (signal == UserSignal::none) return false;
  g_handler.store(handler, std::memory_order_release);
  struct sigaction action {};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_RESTART;
  return ::sigaction(signal == UserSignal::usr1 ? SIGUSR1 : SIGUSR2, &action, nullptr) == 0;
}

}  // namespace cenote::os
