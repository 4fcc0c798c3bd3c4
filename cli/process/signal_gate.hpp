/// Signals taken one by one, in ordinary code, while a program runs.
#pragma once

#include <csignal>
#include <optional>

namespace cenote::cli {

/// Blocks SIGCHLD and the signals that ask a program to stop, for as long as it lives. A signal that this
/// process was started to ignore stays ignored. One at a time, before any thread starts.
class SignalGate {
 public:
  SignalGate() noexcept;
  SignalGate(const SignalGate&) = delete;
  SignalGate& operator=(const SignalGate&) = delete;
  ~SignalGate();

  /// Waits for the next signal.
  [[nodiscard]] siginfo_t wait() const noexcept;
  /// The number of a request to stop that has arrived and not been taken; takes it.
  [[nodiscard]] std::optional<int> pending_stop() const noexcept;

 private:
  sigset_t stops_{};    // SIGINT, SIGTERM, SIGHUP, SIGQUIT
  sigset_t watched_{};  // these and SIGCHLD
  sigset_t previous_{};
};

/// Whether a signal came from the terminal, which sends it to the whole foreground group by itself.
inline bool from_terminal(const siginfo_t& info) noexcept { return info.si_code == SI_KERNEL; }

}  // namespace cenote::cli
