#include "os/user_signal.hpp"

namespace cenote::os {

bool on_user_signal(UserSignal, void (*)() noexcept) noexcept { return false; }

}  // namespace cenote::os
