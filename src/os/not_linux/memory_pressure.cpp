// Nobody says anything.

#include "os/memory_pressure.hpp"

namespace cenote::os {

PressureWatch::PressureWatch(StallTrigger, std::string_view) noexcept {}
PressureWatch::~PressureWatch() = default;
bool PressureWatch::hears_stalls() const noexcept { return false; }
bool PressureWatch::sees_group() const noexcept { return false; }
PressureSignals PressureWatch::wait(std::int64_t) noexcept { return {}; }
void PressureWatch::end() noexcept {}
GroupMemory PressureWatch::group() const noexcept { return {}; }

}  // namespace cenote::os
