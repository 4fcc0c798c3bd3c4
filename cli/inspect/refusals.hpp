/// Why a process cannot be looked at, and what helps: a sentence for each case.
#pragma once

#include <unistd.h>

#include <optional>
#include <string>

#include "../failure.hpp"
#include "process_facts.hpp"

namespace cenote::cli {

inline constexpr int kExitUnreadable = 1;  // no such process, not ours, without cenote

/// The process has ended, before or while it was looked at.
class ProcessEnded : public Failure {
 public:
  using Failure::Failure;
};

/// It can be looked at, but there is no heap profile.
class MakesNoProfile : public Failure {
 public:
  using Failure::Failure;
};

/// What decides whether the system lets one process read another.
struct Permission {
  uid_t own_user = 0;
  std::optional<int> ptrace_scope{};  // of Yama, where the kernel has it

  static Permission current();
};

ProcessEnded no_such_process(pid_t process);
ProcessEnded has_ended(const ProcessFacts& facts);
Failure is_refused(const ProcessFacts& facts, const Permission& permission);
Failure has_no_memory(const ProcessFacts& facts);
Failure has_no_cenote(const ProcessFacts& facts);
MakesNoProfile makes_no_profile(const ProcessFacts& facts);
Failure has_other_word_size(const ProcessFacts& facts);
Failure is_just_starting(const ProcessFacts& facts);
Failure has_other_layout(const ProcessFacts& facts, const std::string& module);

}  // namespace cenote::cli
