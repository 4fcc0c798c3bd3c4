#include "engine/pages/backing.hpp"

#include <cenote/detail/fork.hpp>
#include <cenote/memory_source.hpp>

#include "os/elf_note.hpp"

namespace cenote {

constinit Backing g_backing{PageHeap{os::g_system_memory}, HugeBlocks{os::g_system_memory}};

namespace {

constinit os::ForkHold g_huge_fork_hold{g_backing.huge.lock()};
constinit os::ForkHold g_pages_fork_hold{g_backing.pages.lock()};

[[gnu::constructor]] void take_part_in_forks() noexcept {
  g_huge_fork_hold.enlist();
  g_pages_fork_hold.enlist();
}

}  // namespace

[[gnu::used]] constinit const BackingAnchor g_backing_anchor{.backing = &g_backing};
CENOTE_ELF_NOTE("2", "_ZN6cenote16g_backing_anchorE");

}  // namespace cenote
