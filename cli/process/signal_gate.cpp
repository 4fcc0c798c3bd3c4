#include "signal_gate.hpp"

#include <ctime>

namespace cenote::cli {
namespace {

bool is_ignored(int signal) noexcept {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalGate::SignalGate() noexcept {
  sigemptyset(&stops_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    if (!is_ignored(signal)) sigaddset(&stops_, signal);
  }
  watched_ = stops_;
  sigaddset(&watched_, SIGCHLD);
  ::signal(SIGCHLD, SIG_DFL);  // were it ignored, the kernel would throw exit statuses away
  ::sigprocmask(SIG_BLOCK, &watched_, &previous_);
}

SignalGate::~SignalGate() { ::sigprocmask(SIG_SETMASK, &previous_, nullptr); }

siginfo_t SignalGate::wait() const noexcept {
  siginfo_t info = {};
  while (::sigwaitinfo(&watched_, &info) < 0) {
  }
  return info;
}

std::optional<int> SignalGate::pending_stop() const noexcept {
  const timespec now = {};
  const int signal = ::sigtimedwait(&stops_, nullptr, &now);
  if (signal <= 0) return std::nullopt;
  return signal;
}

}  // namespace cenote::cli
