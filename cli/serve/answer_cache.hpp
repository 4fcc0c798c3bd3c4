/// Answers for a moment: dozens of viewers cost the process that they look at one reading.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "answer.hpp"

namespace cenote::cli {

/// Threads     any; who asks for what is being made waits for it.
class AnswerCache {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFreshFor{500};

  explicit AnswerCache(std::function<Clock::time_point()> now = &Clock::now) : now_(std::move(now)) {}

  /// The answer to `key`, which `make` makes unless there is a fresh one.
  std::shared_ptr<const Answer> get(const std::string& key, const std::function<Answer()>& make);

 private:
  struct Entry {
    std::mutex mutex{};
    std::shared_ptr<const Answer> answer{};  // under the entry's mutex, as `made`
    Clock::time_point made{};
  };

  std::shared_ptr<Entry> entry_of(const std::string& key);
  void forget_old();

  std::function<Clock::time_point()> now_;
  std::mutex mutex_{};
  std::map<std::string, std::shared_ptr<Entry>> entries_{};  // under mutex_
};

}  // namespace cenote::cli
