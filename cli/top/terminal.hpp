/// The terminal, on ncurses: paints frames, and tells what keys are pressed.
#pragma once

#include <csignal>

#include "frame.hpp"
#include "top_app.hpp"

namespace cenote::cli {

/// One at a time. Takes the whole screen while it lives, and leaves the terminal as it found it.
class Terminal {
 public:
  /// Throws as need_terminal().
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  Screen screen() const;
  void paint(const TextFrame& frame) const;
  /// The next key; `none` when `seconds` have passed or the screen has another size; `quit` also when a
  /// signal asks to stop, or the terminal is gone.
  Key wait_key(double seconds);

 private:
  bool utf8_ = false;
  sigset_t before_{};
};

}  // namespace cenote::cli
