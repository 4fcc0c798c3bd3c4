/// What the files of Linux's control groups say of the memory of a process.
#pragma once

#include <cstddef>

namespace cenote::os {

/// The least limit on the way from the group that `membership` (/proc/self/cgroup) names up to the root of
/// the tree that is mounted at `directory` (/sys/fs/cgroup): memory.max of version 2, memory.limit_in_bytes
/// of version 1, which may have a tree of its own in `directory`/memory. SIZE_MAX when there is none. Where
/// the group is not to be seen, as in containers of version 1, whose root is the container's own group, those
/// above it count all the same.
std::size_t read_memory_limit(const char* membership, const char* directory) noexcept;

}  // namespace cenote::os
