/// What Linux says of nodes and processors.
#pragma once

#include <cenote/topology.hpp>

namespace cenote::os {

/// Reads the machine as it is now, from a directory like /sys/devices/system. Where that says nothing, the
/// result is one node with the processors and the memory that the system names otherwise.
void read_topology(const char* directory, Topology& into) noexcept;
inline constexpr const char* kSystemDirectory = "/sys/devices/system";

}  // namespace cenote::os
