#include "refusals.hpp"

#include <fstream>

#include <fmt/format.h>

#include "../text/quoting.hpp"

namespace cenote::cli {
namespace {

std::string named(const ProcessFacts& facts) {
  return fmt::format("process {} ({})", facts.id, printable(facts.command));
}

template <class... Parts>
Failure unreadable(const ProcessFacts& facts, fmt::format_string<Parts...> what, Parts&&... parts) {
  return Failure(named(facts) + " " + fmt::format(what, std::forward<Parts>(parts)...), kExitUnreadable);
}

constexpr int kOnlyWithCapability = 2, kNobody = 3;  // Source: Documentation/admin-guide/LSM/Yama.rst

Failure refused_by_yama(const ProcessFacts& facts, int scope) {
  if (scope >= kNobody)
    return unreadable(facts,
                      "cannot be looked into: kernel.yama.ptrace_scope is {}, which forbids it to all until "
                      "the next boot",
                      scope);
  return unreadable(
      facts,
      "cannot be looked into: kernel.yama.ptrace_scope is {}, which leaves it to {}; run this as "
      "root, or `sudo sysctl kernel.yama.ptrace_scope=0`",
      scope, scope == kOnlyWithCapability ? "root" : "a process's parents and root");
}

}  // namespace

Permission Permission::current() {
  Permission permission{.own_user = ::geteuid()};
  std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
  if (int scope = 0; file >> scope) permission.ptrace_scope = scope;
  return permission;
}

ProcessEnded no_such_process(pid_t process) {
  return ProcessEnded(fmt::format("there is no process {}; `pgrep NAME` prints the ids of programs", process),
                      kExitUnreadable);
}

ProcessEnded has_ended(const ProcessFacts& facts) {
  return ProcessEnded(named(facts) + " has ended", kExitUnreadable);
}

Failure is_refused(const ProcessFacts& facts, const Permission& permission) {
  const bool is_root = permission.own_user == 0;
  if (!is_root && facts.user != permission.own_user)
    return unreadable(facts, "belongs to the user {}: only that user and root may look into it",
                      user_name(facts.user));
  if (permission.ptrace_scope.value_or(0) >= (is_root ? kNobody : 1))
    return refused_by_yama(facts, *permission.ptrace_scope);
  if (is_root)
    return unreadable(facts,
                      "cannot be looked into, even by root: give this container the capability SYS_PTRACE, "
                      "or run `cenote` outside of it");
  return unreadable(
      facts,
      "does not let its user look into it, as programs with privileges and secrets do; run this "
      "as root");
}

Failure has_no_memory(const ProcessFacts& facts) {
  return unreadable(facts, "has no memory of its own: it is a thread of the kernel");
}

Failure has_no_cenote(const ProcessFacts& facts) {
  return unreadable(facts,
                    "carries no cenote: start it with `cenote run -- CMD`, or with "
                    "LD_PRELOAD=libcenote-malloc.so, or link it with the library");
}

MakesNoProfile makes_no_profile(const ProcessFacts& facts) {
  return MakesNoProfile(
      fmt::format("{} makes no heap profile: start it with CENOTE_OPTIONS=profile=on, or have it "
                  "call cenote::profile::start()",
                  named(facts)),
      kExitUnreadable);
}

Failure has_other_word_size(const ProcessFacts& facts) {
  return unreadable(facts, "is a {}-bit program: look at it with the `cenote` built for these",
                    sizeof(void*) == 8 ? 32 : 64);
}

Failure is_just_starting(const ProcessFacts& facts) {
  return unreadable(facts, "has only just started, or keeps starting other programs: try again");
}

Failure has_other_layout(const ProcessFacts& facts, const std::string& module) {
  return unreadable(facts,
                    "carries another version or build of cenote in {}: look at it with the `cenote` that was "
                    "built with it",
                    module);
}

}  // namespace cenote::cli
