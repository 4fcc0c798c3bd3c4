// Source: https://docs.kernel.org/accounting/psi.html, admin-guide/cgroup-v2.html.
#include "os/memory_pressure.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <cenote/detail/bits.hpp>

#include "os/linux/control_group.hpp"
#include "os/linux/raw_calls.hpp"
#include "os/linux/small_file.hpp"

namespace cenote::os {
namespace {

using Path = std::initializer_list<std::string_view>;

template <std::size_t kRoom>
void join(std::array<char, kRoom>& out, Path parts) noexcept {
  std::size_t length = 0;
  for (const std::string_view part : parts) {
    if (part.size() >= kRoom - length) {  // no such path is ever looked for
      length = 0;
      break;
    }
    length += part.copy(out.data() + length, part.size());
  }
  out[length] = '\0';
}

std::uint64_t number_at(std::string_view text) noexcept {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string_view own_group(std::string_view membership) noexcept {
  std::string_view own;
  for_each_membership(membership, [&](std::string_view controllers, std::string_view group) noexcept {
    if (controllers.empty()) own = group;
  });
  return own;
}

// The number behind a word at the start of a line.
std::uint64_t count_in(std::string_view text, std::string_view word) noexcept {
  std::uint64_t count = 0;
  for_each_part(text, '\n', [&](std::string_view line) noexcept {
    if (line.starts_with(word) && line.substr(word.size()).starts_with(' '))
      count = number_at(line.substr(word.size() + 1));
  });
  return count;
}

// Not read below half of the limit: the kernel adds the figures up for it.
std::size_t file_bytes(std::string_view tree, std::string_view group) noexcept {
  const SmallFile stat{tree, group, "/memory.stat"};
  return saturated_size(count_in(stat.text(), "inactive_file") + count_in(stat.text(), "active_file"));
}

std::size_t held_by(std::string_view tree, std::string_view group, std::size_t limit) noexcept {
  const SmallFile current{tree, group, "/memory.current"};
  const std::size_t held = saturated_size(number_at(current.text()));
  return held < limit / 2 ? held : held - std::min(held, file_bytes(tree, group));
}

double fullness(const GroupMemory& group) noexcept {
  return static_cast<double>(group.held) / static_cast<double>(group.limit);
}

bool ask(int file, const char* scope, StallTrigger trigger) noexcept {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%s %llu %llu", scope, 1000ULL * trigger.stall_ms,
                                   1000ULL * trigger.window_ms);
  return raw::write(file, text, static_cast<std::size_t>(length) + 1) > 0;
}

// Who may not ask for what he likes may ask for windows of whole two seconds, since Linux 6.5.
StallTrigger for_anybody(StallTrigger trigger) noexcept {
  constexpr std::uint32_t kStep = 2000;
  const std::uint32_t window = std::max((trigger.window_ms + kStep - 1) / kStep * kStep, kStep);
  const std::uint64_t stall = std::uint64_t{trigger.stall_ms} * window / std::max(trigger.window_ms, 1U);
  return {static_cast<std::uint32_t>(stall), window};
}

// Programs take low numbers for granted.
int move_up(int file) noexcept {
  constexpr int kLowest = 128;
  const int moved = file < 0 ? -1 : raw::duplicate(file, kLowest);
  if (moved < 0) return file;
  raw::close(file);
  return moved;
}

int open_high(Path path, int flags) noexcept { return move_up(open_file(path, flags | O_CLOEXEC)); }

int open_trigger(Path path, const char* scope, StallTrigger trigger) noexcept {
  const int file = open_high(path, O_RDWR | O_NONBLOCK);
  if (file < 0) return -1;
  if (ask(file, scope, trigger) || ask(file, scope, for_anybody(trigger))) return file;
  raw::close(file);
  return -1;
}

void close_file(std::intptr_t file) noexcept {
  if (file >= 0) raw::close(static_cast<int>(file));
}

// A file of counts is news until it is read again.
void read_again(std::intptr_t file) noexcept {
  char text[256];
  raw::seek(static_cast<int>(file), 0, SEEK_SET);
  static_cast<void>(raw::read(static_cast<int>(file), text, sizeof text));
}

}  // namespace

PressureWatch::PressureWatch(StallTrigger trigger, std::string_view root) noexcept {
  const KeepErrno keep;
  const SmallFile membership{root, "/proc/self/cgroup"};
  join(tree_, {root, "/sys/fs/cgroup"});
  join(group_, {own_group(membership.text())});
  const std::string_view tree = tree_.data(), group = group_.data();

  const auto open_both = [&](Path path) noexcept {
    some_ = open_trigger(path, "some", trigger);
    if (some_ >= 0) all_ = open_trigger(path, "full", trigger);
  };
  if (!group.empty()) open_both({tree, group, "/memory.pressure"});
  if (some_ < 0) open_both({root, "/proc/pressure/memory"});
  hears_stalls_ = some_ >= 0;

  for_each_above(group, [&](std::string_view above) noexcept {
    if (!sees_group_) sees_group_ = SmallFile{tree, above, "/memory.current"}.exists();
    if (events_ < 0) events_ = open_high({tree, above, "/memory.events"}, O_RDONLY);
  });
  if (events_ >= 0) read_again(events_);
  end_ = move_up(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

PressureWatch::~PressureWatch() {
  const KeepErrno keep;
  for (const std::intptr_t file : {some_, all_, events_, end_}) close_file(file);
}

bool PressureWatch::hears_stalls() const noexcept { return hears_stalls_; }
bool PressureWatch::sees_group() const noexcept { return sees_group_; }

PressureSignals PressureWatch::wait(std::int64_t milliseconds) noexcept {
  const KeepErrno keep;
  const auto number = [](std::intptr_t file) noexcept { return static_cast<int>(file); };
  std::array<pollfd, 4> files{pollfd{number(some_), POLLPRI, 0},
                              {number(all_), POLLPRI, 0},
                              {number(events_), POLLPRI, 0},
                              {number(waits_for_end_ ? end_ : kNone), POLLIN, 0}};
  const auto& [some, all, events, end] = files;
  if (raw::poll(files, milliseconds) <= 0) return {};

  // What else they say is no news but for ever: the group is gone, or the number means another file by now.
  if ((some.revents & ~POLLPRI) != 0) some_ = kNone;
  if ((all.revents & ~POLLPRI) != 0) all_ = kNone;
  if (events.revents != 0 && (events.revents & POLLPRI) == 0) events_ = kNone;
  if (end.revents != 0 && !is_ended_.load(std::memory_order_acquire)) waits_for_end_ = false;
  if (events.revents != 0) read_again(events_);
  return {.some_stalled = some.revents == POLLPRI, .all_stalled = all.revents == POLLPRI};
}

void PressureWatch::end() noexcept {
  const KeepErrno keep;
  is_ended_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  static_cast<void>(raw::write(static_cast<int>(end_), &one, sizeof one));
}

GroupMemory PressureWatch::group() const noexcept {
  const std::string_view tree = tree_.data();
  GroupMemory nearest;
  for_each_above(group_.data(), [&](std::string_view group) noexcept {
    const SmallFile events{tree, group, "/memory.events"};
    if (!events.exists()) return;
    nearest.pushes += count_in(events.text(), "high") + count_in(events.text(), "max");
    nearest.kills += count_in(events.text(), "oom") + count_in(events.text(), "oom_kill");
    GroupMemory here;
    here.limit =
        std::min(read_limit({tree, group, "/memory.high"}), read_limit({tree, group, "/memory.max"}));
    if (here.limit == SIZE_MAX) return;
    here.limit = std::max<std::size_t>(here.limit, 1);  // 0 stands for none
    here.held = held_by(tree, group, here.limit);
    if (nearest.limit != 0 && fullness(here) <= fullness(nearest)) return;
    nearest.held = here.held;
    nearest.limit = here.limit;
  });
  return nearest;
}

}  // namespace cenote::os
