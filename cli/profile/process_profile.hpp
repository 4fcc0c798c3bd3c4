/// The heap profile of a running process, read from outside at any moment.
#pragma once

#include <string>

#include "../inspect/remote_process.hpp"

namespace cenote::cli {

class Symbolizer;

/// In pprof's format, with names of functions, and files and lines where there is debug information. The
/// process goes on meanwhile: a site's figures belong together, and those of another site may be a moment
/// younger. Throws Failure as RemoteProcess does; MakesNoProfile when the process makes none.
std::string process_profile(RemoteProcess& process, Symbolizer& symbolizer);

}  // namespace cenote::cli
