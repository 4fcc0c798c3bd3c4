#include "scale.hpp"

#include <cmath>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

/// The least of 1, 2, 5, 10 times a power of ten that is at least `step`.
double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  constexpr double kTolerance = 1 + 1e-9;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (step <= factor * power * kTolerance) return factor * power;
  }
  return 10 * power;
}

Ticks ticks_in(Unit unit, double largest, int wanted) {
  const double in_unit = largest > 0 ? largest / unit.size : 1;
  const double step = round_step(in_unit / wanted);
  const auto count = static_cast<int>(std::ceil(in_unit / step - 1e-9));
  Ticks ticks{unit, {}};
  for (int i = 0; i <= count; ++i) ticks.values.push_back(i * step * unit.size);
  return ticks;
}

}  // namespace

Ticks round_ticks(double largest, int wanted, UnitFor unit_for) {
  const Unit unit = unit_for(largest);
  Ticks ticks = ticks_in(unit, largest, wanted);
  const Unit last = unit_for(ticks.last());  // 953 ms end at 1 s, not at 1000 ms
  return last.size == unit.size ? ticks : ticks_in(last, largest, wanted);
}

std::string tick_label(const Ticks& ticks, double value) {
  const std::string number = fmt::format("{:.6g}", value / ticks.unit.size);
  const bool last = value == ticks.last();
  return last && *ticks.unit.name != '\0' ? number + " " + ticks.unit.name : number;
}

}  // namespace cenote::cli
