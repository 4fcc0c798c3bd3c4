#include "pool/backing.hpp"

#include <cenote/os/memory.hpp>

#include "os/elf_note.hpp"

namespace cenote {

constinit Backing g_backing{PageHeap{os::g_system_memory}, HugeBlocks{os::g_system_memory}};

[[gnu::used]] constinit const BackingAnchor g_backing_anchor{.backing = &g_backing};
CENOTE_ELF_NOTE("2", "_ZN6cenote16g_backing_anchorE");

}  // namespace cenote
