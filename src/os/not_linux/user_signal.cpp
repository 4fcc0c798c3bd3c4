#include "os/process.hpp"

namespace cenote::os {

bool on_user_signal(UserSignal, void (*)() noexcept) noexcept { return false; }

}  // namespace cenote::os
