/// Where the calling thread may run.
///
///     if (!affinity::pin_to_node(node)) ...        // then its memory is near, by the kernel's default policy too
///     affinity::unpin();
#pragma once

#include <cenote/result.hpp>

namespace cenote::affinity {

/// From now on the calling thread, and threads that it starts, run on this processor alone. (On Windows these start where their process may
/// run.)
///
/// Errors  bad_option: no such processor is online, or a cpuset forbids it; unsupported: the system has no such call, or a sandbox
///         forbids it. Then nothing has changed.
Result<void> pin_to_cpu(int processor) noexcept;
/// The same for the processors of a node. Errors: bad_option, also for a node without processors; unsupported.
Result<void> pin_to_node(int node) noexcept;
/// The calling thread may run again where the first thread of the process that was ever pinned might before it was; where none was, nothing
/// changes. Errors: unsupported; bad_option: a cpuset forbids all of these by now.
Result<void> unpin() noexcept;

}  // namespace cenote::affinity
