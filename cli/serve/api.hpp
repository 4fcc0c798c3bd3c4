/// What each path answers:
///
///     /                        the page
///     /assets/NAME             its parts
///     /metrics                 OpenMetrics text of all processes
///     /api/processes           {"processes": [{"pid", "command", "command_line", "refusal"}]}
///     /api/PID/snapshot        stats::to_json
///     /api/PID/map             what lies in each unit of memory
///     /api/PID/slab?at=0x...   what each block of a slab is
///     /api/PID/sizes           blocks of each size
///     /api/PID/profile         {"recording": true} and the heap profile, as flame/profile_json.hpp says; or false, with the "remedy"
///     /api/PID/profile.pb      the same in pprof's format
///
/// Errors      JSON {"error"} with a status: 400 bad parameter, 403 another host's name or a process that
///             must not be read, 404 nothing there, or no profile, 405 anything but reading, 410 a process
///             that has ended.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "answer.hpp"
#include "answer_cache.hpp"
#include "source.hpp"

namespace cenote::cli {

/// Threads     any.
class Api {
 public:
  /// `served_as`: the name or address that the user gave.
  Api(ProcessSource& source, std::string served_as) : source_(source), served_as_(std::move(served_as)) {}

  std::shared_ptr<const Answer> answer(const Question& question);

 private:
  Answer make(const Question& question);
  Answer about_process(pid_t pid, const std::string& what, const Question& question);
  Answer slab(pid_t pid, const Question& question);
  Answer profile(pid_t pid);
  Answer metrics();

  ProcessSource& source_;
  std::string served_as_;
  AnswerCache cache_{};
};

}  // namespace cenote::cli
