/// The processes below one process, and what they hold in memory, from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace cenote::cli {

/// Makes orphans below this process its own children, so that the tree stays whole when a parent in it dies.
void adopt_orphans() noexcept;

/// All processes below `root`, parents first, without `root`. Processes that end meanwhile may or may not be
/// there.
std::vector<pid_t> descendants(pid_t root);

/// Resident bytes of a process; 0 when it is gone or a zombie. Pages it shares count in full.
std::uint64_t resident_bytes(pid_t process) noexcept;

}  // namespace cenote::cli
