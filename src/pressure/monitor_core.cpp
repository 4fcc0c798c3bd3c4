#include "pressure/monitor_core.hpp"

#include <array>
#include <memory>
#include <new>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "base/text.hpp"
#include "heap/reclaim.hpp"

namespace cenote {
namespace {

void add(std::atomic<std::uint64_t>& count, std::uint64_t more) noexcept {
  count.fetch_add(more, std::memory_order_relaxed);
}

os::Region own_memory(MonitorCore* core) noexcept {
  return {reinterpret_cast<std::byte*>(core), align_up(sizeof(MonitorCore), os::page_bytes())};
}

}  // namespace

MonitorCore::MonitorCore(const PressureOptions& options) noexcept
    : has_thread_{options.thread},
      poll_ms_{options.poll_ms},
      watch_{{options.stall_ms, options.window_ms}, options.system_root},
      hears_stalls_{watch_.hears_stalls()},
      sees_group_{watch_.sees_group()},
      judge_{options},
      pace_{options} {}

Result<MonitorCore*> MonitorCore::open(const PressureOptions& options) noexcept {
  const os::Region memory =
      os::g_system_memory.map(align_up(sizeof(MonitorCore), os::page_bytes()), os::page_bytes());
  if (!memory) return AllocError::out_of_memory;
  auto* const core = new (memory.start) MonitorCore{options};
  if (!core->hears_stalls_ && !core->sees_group_) {
    close(core);
    return AllocError::unsupported;
  }
  char name[16];
  text::copy(options.name, name);
  const auto body = [](void* self) noexcept { static_cast<MonitorCore*>(self)->run(); };
  if (options.thread && !core->thread_.start(body, core, name)) {
    close(core);
    return AllocError::out_of_memory;
  }
  return core;
}

void MonitorCore::close(MonitorCore* core) noexcept {
  if (core->callbacks_.is_ours()) {
    core->is_ending_.store(true, std::memory_order_release);
    core->watch_.end();
    core->thread_.join();
  } else if (core->haste_) {
    core->haste_->forget();
  }
  std::destroy_at(core);
  os::g_system_memory.release(own_memory(core));
}

void MonitorCore::run() noexcept {
  while (!is_ending_.load(std::memory_order_acquire)) {
    const os::PressureSignals heard = watch_.wait(poll_ms_);
    if (heard.some_stalled) some_stalled_.store(true, std::memory_order_relaxed);
    if (heard.all_stalled) all_stalled_.store(true, std::memory_order_relaxed);
    look();
  }
}

PressureLevel MonitorCore::look() noexcept {
  if (!callbacks_.is_ours()) return PressureLevel::none;
  if (is_busy_.exchange(true, std::memory_order_acquire)) return level_.load(std::memory_order_relaxed);
  const PressureLevel level = respond(take_signals());
  is_busy_.store(false, std::memory_order_release);
  return level;
}

os::PressureSignals MonitorCore::take_signals() noexcept {
  if (!has_thread_) return watch_.wait(0);
  return {.some_stalled = some_stalled_.exchange(false, std::memory_order_relaxed),
          .all_stalled = all_stalled_.exchange(false, std::memory_order_relaxed)};
}

PressureLevel MonitorCore::respond(const os::PressureSignals& signals) noexcept {
  const bool signalled = signals.some_stalled || signals.all_stalled;
  if (signalled) add(stalls_, 1);
  const os::GroupMemory group = watch_.group();
  publish(group);
  const PressureLevel level = judge_.judge(signals, group, os::coarse_milliseconds());
  level_.store(level, std::memory_order_relaxed);
  if (level == PressureLevel::none) {
    haste_.reset();
  } else if (!haste_) {
    haste_.emplace();
  }
  if (pace_.is_due(level, signalled, os::coarse_milliseconds())) react({level, judge_.bytes_wanted(group)});
  return level;
}

void MonitorCore::react(Pressure pressure) noexcept {
  add(reactions_, 1);
  const auto given = [this] {
    return purged_.load(std::memory_order_relaxed) + dropped_.load(std::memory_order_relaxed);
  };
  const PressureLevel level = pressure.level;
  const std::uint64_t before = given();
  add(purged_, relieve());
  callbacks_.begin_round();
  while (!is_over(pressure)) {
    const std::optional<std::size_t> dropped = callbacks_.call_next(pressure);
    if (!dropped) break;
    add(calls_, 1);
    add(dropped_, *dropped);
    add(purged_, relieve());  // what a callback frees is still the process's
  }
  pace_.note_reaction(level, os::coarse_milliseconds(), given() != before);
}

bool MonitorCore::is_over(Pressure& pressure) noexcept {
  const os::GroupMemory group = watch_.group();
  publish(group);
  pressure.bytes_wanted = judge_.bytes_wanted(group);
  return is_ending_.load(std::memory_order_relaxed) ||
         (!judge_.is_told_of_more() && judge_.level_of(group) == PressureLevel::none);
}

void MonitorCore::publish(const os::GroupMemory& group) noexcept {
  held_.store(group.held, std::memory_order_relaxed);
  limit_.store(group.limit, std::memory_order_relaxed);
}

PressureStats MonitorCore::stats() const noexcept {
  const auto get = [](const auto& figure) { return figure.load(std::memory_order_relaxed); };
  return {.level = get(level_),
          .bytes_held = get(held_),
          .bytes_limit = get(limit_),
          .stalls = get(stalls_),
          .reactions = get(reactions_),
          .callbacks = get(calls_),
          .bytes_purged = get(purged_),
          .bytes_dropped = get(dropped_),
          .hears_stalls = hears_stalls_,
          .sees_group = sees_group_};
}

}  // namespace cenote
