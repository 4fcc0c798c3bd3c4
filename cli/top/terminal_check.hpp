/// Whether there is a terminal to draw on.
#pragma once

namespace cenote::cli {

/// Throws Failure where there is no terminal, or one that cannot move its cursor.
void need_terminal();

}  // namespace cenote::cli
