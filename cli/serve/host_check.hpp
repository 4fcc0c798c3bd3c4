/// Whether a request names a host that can only be this machine as its user called it. A page from elsewhere
/// can have its own name lead to 127.0.0.1 (DNS rebinding), and would then read what is served here as its
/// own: but it cannot change the name that the browser sends.
#pragma once

#include <string_view>

namespace cenote::cli {

/// `header` is NAME or NAME:PORT. Right are `localhost`, `served_as`, and addresses, which no name server can
/// redirect.
bool is_host_ours(std::string_view header, std::string_view served_as);

}  // namespace cenote::cli
