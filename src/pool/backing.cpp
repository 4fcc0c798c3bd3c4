#include "pool/backing.hpp"

#include <cenote/os/memory.hpp>

namespace cenote {

constinit Backing g_backing{PageHeap{os::g_system_memory}, HugeBlocks{os::g_system_memory}};

}  // namespace cenote
