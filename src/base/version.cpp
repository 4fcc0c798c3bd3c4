#include <cenote/version.hpp>

namespace cenote {

const char* version() noexcept { return CENOTE_VERSION_STRING; }

}  // namespace cenote
