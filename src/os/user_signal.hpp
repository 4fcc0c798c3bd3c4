/// The two signals that mean what a program says they mean.
#pragma once

namespace cenote::os {

enum class UserSignal { none, usr1, usr2 };

/// From now on calls `handler`, which may do only what signal handlers may, when the signal comes. False where there are no such signals.
bool on_user_signal(UserSignal signal, void (*handler)() noexcept) noexcept;

}  // namespace cenote::os
