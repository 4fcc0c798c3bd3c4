#include "version.hpp"

namespace cenote::cli {

const char* version_text() noexcept { return "cenote " CENOTE_VERSION; }

}  // namespace cenote::cli
