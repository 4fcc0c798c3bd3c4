#include "leftovers.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "process_tree.hpp"

namespace cenote::cli {
namespace {

constexpr auto kGrace = std::chrono::milliseconds(500);
constexpr auto kPoll = std::chrono::milliseconds(5);

void reap() noexcept {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

std::vector<pid_t> chosen(Leftovers which) {
  std::vector<pid_t> processes = descendants(::getpid());
  if (which == Leftovers::end_session) {
    std::erase_if(processes, [own = ::getsid(0)](pid_t process) { return ::getsid(process) != own; });
  }
  return processes;
}

/// Sends `signal` until none is left or the time is over; whether none is left.
bool end_with(int signal, Leftovers which) {
  const auto deadline = std::chrono::steady_clock::now() + kGrace;
  for (const pid_t process : chosen(which)) ::kill(process, signal);
  for (reap(); !chosen(which).empty(); reap()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

}  // namespace

void signal_descendants(int signal) noexcept {
  for (const pid_t process : descendants(::getpid())) ::kill(process, signal);
}

void end_leftovers(Leftovers which) noexcept {
  reap();
  if (which == Leftovers::keep || chosen(which).empty()) return;
  if (!end_with(SIGTERM, which)) end_with(SIGKILL, which);
}

}  // namespace cenote::cli
