/// What `cenote top` does: looks at processes, and answers keys. It knows no terminal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "screens.hpp"

namespace cenote::cli {

enum class Key : std::uint8_t {
  none,  // time is up, or the screen has another size
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  enter,
  back,
  next_column,
  previous_column,
  reverse,
  pause,
  faster,
  slower,
  quit
};

/// Where processes come from; tests have one of their own.
class TopSource {
 public:
  struct Found {
    std::vector<ListedProcess> processes{};
    std::string remark{};  // why there are none
  };
  virtual Found list() = 0;
  /// Throws Failure.
  virtual stats::Snapshot snapshot(pid_t process) = 0;
  virtual std::string command_of(pid_t process) = 0;

 protected:
  ~TopSource() = default;
};

class TopApp {
 public:
  /// Looks at one process, or offers a choice. Throws Failure when it cannot look at that process.
  TopApp(TopSource& source, std::optional<pid_t> process, double interval_s);

  /// Looks again, unless paused or the process has ended.
  void refresh();
  /// False: the user wants to leave.
  bool press(Key key);
  /// What is to be seen on a screen of this size.
  TextFrame frame(const Screen& screen);

  double interval_s() const noexcept { return around_.interval_s; }

 private:
  void open(pid_t process);
  void look_at_list();
  void look_at_process();
  void move(Key key);
  void sort_by(std::size_t column);
  void enter();
  void fold(const TreeRow& row);
  void order_rows();
  void change_pace(double factor);
  Cursor& cursor() noexcept { return process_ ? process_->cursor : list_.cursor; }
  std::size_t rows() const noexcept { return process_ ? process_->rows.size() : list_.processes.size(); }
  std::size_t room() const;

  TopSource& source_;
  Surroundings around_{};
  ListView list_{};
  std::optional<ProcessView> process_{};  // none: the list is shown
};

}  // namespace cenote::cli
