#include "terminal.hpp"

#define NCURSES_NOMACROS 1
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstring>

#include <cenote/stats.hpp>

#include "terminal_check.hpp"

namespace cenote::cli {
namespace {

constexpr int kEscape = 27;

volatile std::sig_atomic_t g_asked_to_stop = 0;
void note_stop(int) { g_asked_to_stop = 1; }

// Signals arrive while the program waits for keys, at no other time: what it is doing is never cut short.
sigset_t hold_back_stops() {
  sigset_t stops = {}, before = {};
  struct sigaction action = {};
  action.sa_handler = &note_stop;
  sigemptyset(&stops);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&stops, signal);
    ::sigaction(signal, &action, nullptr);
  }
  sigaddset(&stops, SIGWINCH);
  ::sigprocmask(SIG_BLOCK, &stops, &before);
  return before;
}

void choose_colours() {
  if (!::has_colors()) return;
  ::start_color();
  ::use_default_colors();
  constexpr short kColours[]{COLOR_GREEN, COLOR_CYAN,    COLOR_BLUE,  COLOR_YELLOW,
                             COLOR_RED,   COLOR_MAGENTA, COLOR_WHITE, COLOR_WHITE};
  static_assert(std::size(kColours) == stats::kReasons);
  for (std::size_t i = 0; i < std::size(kColours); ++i)
    ::init_pair(static_cast<short>(i + 1), COLOR_BLACK, kColours[i]);
}

attr_t attributes_of(Style style) {
  switch (style) {
    case Style::plain:
      return A_NORMAL;
    case Style::bold:
    case Style::heading:
      return A_BOLD;
    case Style::dim:
      return A_DIM;
    case Style::selected:
      return A_REVERSE;
    case Style::alarm:
      return A_BOLD | A_REVERSE;
    case Style::reason:
      break;
  }
  const int reason = static_cast<int>(style) - static_cast<int>(Style::reason);
  return ::has_colors() ? static_cast<attr_t>(COLOR_PAIR(reason + 1)) : A_NORMAL;
}

Key key_of(int code) {
  switch (code) {
    case KEY_UP:
    case 'k':
      return Key::up;
    case KEY_DOWN:
    case 'j':
      return Key::down;
    case KEY_PPAGE:
      return Key::page_up;
    case KEY_NPAGE:
      return Key::page_down;
    case KEY_HOME:
      return Key::home;
    case KEY_END:
      return Key::end;
    case KEY_ENTER:
    case '\n':
    case '\r':
      return Key::enter;
    case 'b':
    case kEscape:
    case KEY_BACKSPACE:
      return Key::back;
    case '>':
    case KEY_RIGHT:
      return Key::next_column;
    case '<':
    case KEY_LEFT:
      return Key::previous_column;
    case 'r':
      return Key::reverse;
    case ' ':
      return Key::pause;
    case '+':
      return Key::faster;
    case '-':
      return Key::slower;
    case 'q':
      return Key::quit;
    default:
      return Key::none;
  }
}

}  // namespace

Terminal::Terminal() {
  need_terminal();
  std::setlocale(LC_CTYPE, "");
  utf8_ = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  before_ = hold_back_stops();
  ::initscr();
  ::cbreak();
  ::noecho();
  ::nonl();
  ::curs_set(0);
  ::set_escdelay(25);
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  choose_colours();
}

Terminal::~Terminal() {
  ::endwin();
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

Screen Terminal::screen() const {
  return {static_cast<std::size_t>(::getmaxy(stdscr)), static_cast<std::size_t>(::getmaxx(stdscr)), utf8_};
}

void Terminal::paint(const TextFrame& frame) const {
  ::werase(stdscr);
  const std::size_t lines = std::min(frame.size(), screen().lines);
  for (std::size_t i = 0; i < lines; ++i) {
    ::wmove(stdscr, static_cast<int>(i), 0);
    for (const Span& span : frame[i]) {
      ::wattrset(stdscr, static_cast<int>(attributes_of(span.style)));
      ::waddnstr(stdscr, span.text.c_str(), -1);
    }
  }
  ::wattrset(stdscr, A_NORMAL);
  ::wrefresh(stdscr);
}

Key Terminal::wait_key(double seconds) {
  int code = ::wgetch(stdscr);
  if (code == ERR) {
    pollfd keyboard{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const timespec time{.tv_sec = static_cast<time_t>(seconds),
                        .tv_nsec = std::lround((seconds - std::floor(seconds)) * 999'999'999)};
    ::ppoll(&keyboard, 1, &time, &before_);
    code = ::wgetch(stdscr);
    if (code == ERR && (keyboard.revents & (POLLHUP | POLLERR)) != 0) return Key::quit;
  }
  return g_asked_to_stop != 0 ? Key::quit : key_of(code);
}

}  // namespace cenote::cli
