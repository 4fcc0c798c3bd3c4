#include <algorithm>
#include <chrono>
#include <optional>

#include "../top/live_source.hpp"
#include "../top/terminal.hpp"
#include "../top/terminal_check.hpp"
#include "../top/top_app.hpp"
#include "commands.hpp"

namespace cenote::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Answers keys until it is time to look again; false: the user wants to leave.
bool answer_keys(TopApp& app, Terminal& terminal, Clock::time_point looked) {
  for (;;) {
    terminal.paint(app.frame(terminal.screen()));
    const std::chrono::duration<double> gone = Clock::now() - looked;
    const double left = app.interval_s() - gone.count();
    if (left <= 0) return true;
    if (!app.press(terminal.wait_key(left))) return false;
  }
}

}  // namespace

int top_command(const TopOptions& options) {
  need_terminal();
  LiveSource source;
  const std::optional<pid_t> process = options.process == 0 ? std::nullopt : std::optional(options.process);
  TopApp app(source, process, options.interval_s);
  Terminal terminal;
  for (Clock::time_point looked = Clock::now(); answer_keys(app, terminal, looked);) {
    looked = Clock::now();
    app.refresh();
  }
  return 0;
}

}  // namespace cenote::cli
