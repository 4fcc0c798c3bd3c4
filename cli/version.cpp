#include "version.hpp"

#include <cenote/version.hpp>

namespace cenote::cli {

const char* version_text() noexcept { return "cenote " CENOTE_VERSION_STRING; }

}  // namespace cenote::cli
