#include "last_profiles.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "../failure.hpp"
#include "../inspect/mapped_modules.hpp"
#include "../inspect/process_code.hpp"
#include "../inspect/refusals.hpp"
#include "../process/process_tree.hpp"

namespace cenote::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Clock::duration kFirst = std::chrono::milliseconds(100), kPeriodMax = std::chrono::seconds(1);
constexpr int kCostShare = 20;  // one part in 20

}  // namespace

void LastProfiles::started() {
  thread_ = std::jthread([this](const std::stop_token& stopping) { read_again_and_again(stopping); });
}

void LastProfiles::before_stop() noexcept {
  const std::lock_guard lock(mutex_);
  read_all();
}

void LastProfiles::ended() noexcept {
  end_ = Clock::now();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

double LastProfiles::age_s(const ProfileReading& reading) const noexcept {
  return std::max(std::chrono::duration<double>(end_ - reading.time).count(), 0.0);
}

void LastProfiles::read_again_and_again(const std::stop_token& stopping) {
  std::unique_lock lock(mutex_);
  Clock::duration pause = kFirst;
  while (!wake_.wait_for(lock, stopping, pause, [&] { return stopping.stop_requested(); }) &&
         !stopping.stop_requested()) {
    const Clock::time_point before = Clock::now();
    read_all();
    pause = std::max(std::min(2 * pause, kPeriodMax), (Clock::now() - before) * kCostShare);
  }
}

// No memory for one more reading: those before it stay.
void LastProfiles::read_all() noexcept {
  try {
    for (const pid_t process : descendants(::getpid())) read(process);
    std::erase_if(readings_, [&](const auto& reading) {
      std::error_code error;
      return std::filesystem::exists(written_ / std::to_string(reading.first), error);
    });
  } catch (const std::exception&) {
    processes_.clear();
  }
}

// A process that is ending, whose memory is partly gone, keeps its last reading. A process that executes
// another program loses the reading of the one before.
void LastProfiles::read(pid_t process) {
  try {
    RemoteProcess& known = processes_.try_emplace(process, process).first->second;
    ProfileReading now{.time = Clock::now()};
    auto profile = known.live_profile();
    if (!profile) throw makes_no_profile(known.facts());
    const auto code = code_of(process);
    if (!code || code->empty() || profile->is_cut_short) throw has_ended(known.facts());
    now.profile = std::move(*profile);
    now.code = *code;
    readings_.insert_or_assign(process, std::move(now));
  } catch (const ProcessEnded&) {
    processes_.erase(process);
  } catch (const Failure&) {
    processes_.erase(process);
    const auto modules = modules_of(process);
    if (modules && !modules->empty()) readings_.erase(process);
  }
}

}  // namespace cenote::cli
