/// The heap profile of a running process in pprof's format, as the process itself would write it.
#pragma once

#include <span>
#include <string>

#include "inspect/live_profile.hpp"
#include "os/modules.hpp"

namespace cenote::cli {

/// `code`: where the code of the process lies, whose files have the names of functions. Throws
/// std::bad_alloc.
std::string live_pprof(const inspect::LiveProfile& profile, std::span<const os::Module> code);

}  // namespace cenote::cli
