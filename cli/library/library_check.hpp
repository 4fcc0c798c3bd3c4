/// Whether a library can be preloaded: the dynamic linker only warns, and goes on without it.
#pragma once

#include <string>
#include <string_view>

#include "../process/signal_gate.hpp"

namespace cenote::cli {

/// Runs /bin/true with `library` preloaded and looks at what the dynamic linker says.
/// Throws Failure, which names the library, the linker's reason and a remedy, when it does not load.
void check_loads(std::string_view name, const std::string& library, const SignalGate& signals);

/// The reason in a warning of ld.so's: "cannot open shared object file" of "ERROR: ld.so: object 'x.so' from
/// LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored.". Empty when `text` has no such
/// warning about `library`.
std::string preload_refusal(std::string_view text, std::string_view library);

}  // namespace cenote::cli
