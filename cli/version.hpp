/// Which cenote this is.
#pragma once

namespace cenote::cli {

/// "cenote 1.2.3"
const char* version_text() noexcept;

}  // namespace cenote::cli
