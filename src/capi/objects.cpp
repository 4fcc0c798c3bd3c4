#include "capi/objects.hpp"

#include <cenote/detail/fork.hpp>

namespace cenote::capi {
namespace {

constinit os::Lock g_lock{os::LockRank::limits};
constinit os::ForkHold g_fork_hold{g_lock};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

}  // namespace

os::Lock& lock() noexcept { return g_lock; }

}  // namespace cenote::capi
