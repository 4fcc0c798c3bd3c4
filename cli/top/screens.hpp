/// What `cenote top` shows, as frames: the list of processes, and one process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "frame.hpp"
#include "history.hpp"
#include "tree.hpp"

namespace cenote::cli {

/// A process to choose.
struct ListedProcess {
  pid_t id = 0;
  std::string command_line{};
  std::uint64_t live_bytes = 0, resident_bytes = 0;
};

/// Rows of which one is selected, and which of them are on the screen.
struct Cursor {
  std::size_t selected = 0, first = 0;

  /// Stays among `rows`, and in sight where `room` of them are shown.
  void keep_in(std::size_t rows, std::size_t room);
};

struct ListView {
  std::vector<ListedProcess> processes{};
  std::string remark{};  // why there are none
  Cursor cursor{};
};

struct ProcessView {
  pid_t id = 0;
  std::string command{};
  History history{};
  TreeOrder order{};
  std::vector<TreeRow> rows{};
  Cursor cursor{};
  std::string alarm{};  // what has become of the process
};

/// What both have around them.
struct Surroundings {
  Screen screen{};
  double interval_s = 1;
  bool paused = false;
  bool has_list = false;  // to go back to
};

/// How many rows such a screen has room for; at least one.
std::size_t rows_of_list(const Screen& screen);
std::size_t rows_of_process(const Screen& screen);

TextFrame list_frame(const ListView& view, const Surroundings& around);
TextFrame process_frame(const ProcessView& view, const Surroundings& around);

}  // namespace cenote::cli
