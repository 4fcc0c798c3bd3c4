#include "top_app.hpp"

#include <algorithm>

#include "../failure.hpp"
#include "../options/options.hpp"

namespace cenote::cli {
namespace {

template <class Row>
std::size_t index_or(const std::vector<Row>& rows, std::size_t otherwise, const auto& is_it) {
  const auto found = std::ranges::find_if(rows, is_it);
  return found == rows.end() ? otherwise : static_cast<std::size_t>(found - rows.begin());
}

}  // namespace

TopApp::TopApp(TopSource& source, std::optional<pid_t> process, double interval_s) : source_(source) {
  around_.interval_s = interval_s;
  around_.has_list = !process;
  if (!process) {
    look_at_list();
    return;
  }
  open(*process);
  process_->history.add(source_.snapshot(*process));
  order_rows();
}

std::size_t TopApp::room() const {
  return process_ ? rows_of_process(around_.screen) : rows_of_list(around_.screen);
}

// --- looking -----------------------------------------------------------------------------------------------

void TopApp::refresh() {
  if (around_.paused) return;
  if (process_) return look_at_process();
  look_at_list();
}

void TopApp::open(pid_t process) {
  process_.emplace();
  process_->id = process;
  process_->command = source_.command_of(process);
}

// The choice stays with the process, wherever it is on the list now.
void TopApp::look_at_list() {
  const pid_t chosen = list_.processes.empty() ? 0 : list_.processes[list_.cursor.selected].id;
  auto [processes, remark] = source_.list();
  list_.processes = std::move(processes);
  list_.remark = std::move(remark);
  list_.cursor.selected = index_or(list_.processes, list_.cursor.selected,
                                   [&](const ListedProcess& process) { return process.id == chosen; });
  list_.cursor.keep_in(rows(), room());
}

void TopApp::look_at_process() {
  if (!process_->alarm.empty()) return;
  try {
    process_->history.add(source_.snapshot(process_->id));
    order_rows();
  } catch (const Failure& failure) {
    process_->alarm = failure.what();
    if (!process_->history.empty()) process_->alarm += "; these are its last figures";
  }
}

void TopApp::order_rows() {
  ProcessView& view = *process_;
  const std::string chosen = view.rows.empty() ? "" : view.rows[view.cursor.selected].key;
  view.rows = tree_rows(view.history, view.order);
  view.cursor.selected =
      index_or(view.rows, view.cursor.selected, [&](const TreeRow& row) { return row.key == chosen; });
  view.cursor.keep_in(rows(), room());
}

// --- keys --------------------------------------------------------------------------------------------------

bool TopApp::press(Key key) {
  switch (key) {
    case Key::none:
      break;
    case Key::quit:
      return false;
    case Key::enter:
      enter();
      break;
    case Key::back:
      if (!around_.has_list) break;
      process_.reset();
      look_at_list();
      break;
    case Key::next_column:
      if (process_) sort_by((process_->order.column + 1) % kTreeColumns);
      break;
    case Key::previous_column:
      if (process_) sort_by((process_->order.column + kTreeColumns - 1) % kTreeColumns);
      break;
    case Key::reverse:
      if (!process_) break;
      process_->order.reversed = !process_->order.reversed;
      order_rows();
      break;
    case Key::pause:
      around_.paused = !around_.paused;
      break;
    case Key::faster:
      change_pace(0.5);
      break;
    case Key::slower:
      change_pace(2);
      break;
    default:
      move(key);
  }
  return true;
}

void TopApp::move(Key key) {
  std::size_t& selected = cursor().selected;
  const std::size_t page = room();
  if (key == Key::up) selected -= std::min<std::size_t>(selected, 1);
  if (key == Key::page_up) selected -= std::min(selected, page);
  if (key == Key::home) selected = 0;
  if (key == Key::down) ++selected;
  if (key == Key::page_down) selected += page;
  if (key == Key::end) selected = rows();
  cursor().keep_in(rows(), page);
}

void TopApp::sort_by(std::size_t column) {
  process_->order.column = column;
  order_rows();
}

void TopApp::enter() {
  if (rows() == 0) return;
  if (process_) return fold(process_->rows[process_->cursor.selected]);
  open(list_.processes[list_.cursor.selected].id);
  look_at_process();
}

void TopApp::fold(const TreeRow& row) {
  if (!row.is_group()) return;
  auto& closed = process_->order.closed;
  if (closed.erase(row.key) == 0) closed.insert(row.key);
  order_rows();
}

void TopApp::change_pace(double factor) {
  around_.interval_s = std::clamp(around_.interval_s * factor, kTopIntervalMin, kTopIntervalMax);
}

TextFrame TopApp::frame(const Screen& screen) {
  around_.screen = screen;
  cursor().keep_in(rows(), room());
  return process_ ? process_frame(*process_, around_) : list_frame(list_, around_);
}

}  // namespace cenote::cli
