/// A memory fence that one thread runs on behalf of all threads of the process: who needs it rarely pays, who meets it often does not.
///
///     often: store a; compiler fence; load b          rarely: store b; process_fence(); load a
///
/// One of the two sees the other's store. Source: membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED (Linux 4.14); Windows:
/// FlushProcessWriteBuffers.
#pragma once

namespace cenote::os {

/// Whether process_fence works here; asks the system for it at the first call. Threads: any.
bool process_fence_available() noexcept;

/// Every other thread of the process runs a full fence before this returns; about 1 to 10 us. Precondition: it is available.
void process_fence() noexcept;

}  // namespace cenote::os
