#include "os/fork_steps.hpp"

namespace cenote::os::fork_steps {

// There is no fork.
void install() noexcept {}

}  // namespace cenote::os::fork_steps
