/// What the handlers of a platform's fork call, in this order.
#pragma once

#include <cenote/detail/lock.hpp>

namespace cenote::os::fork_steps {

/// The ranks whose holders may be in the program's own code, which may use streams.
inline constexpr LockRank kLastBeforeStreams = LockRank::compaction;

/// Waits for other forks, and takes all locks of ranks up to kLastBeforeStreams.
void hold_first_locks() noexcept;
/// Takes all other locks.
void hold_other_locks() noexcept;
/// In the child only.
void repair() noexcept;
/// In both processes.
void release_locks() noexcept;

/// The platform's: has forks call all these. Once.
void install() noexcept;

}  // namespace cenote::os::fork_steps
