/// From quantities to places on a picture.
#pragma once

#include <vector>

#include "../../text/units.hpp"

namespace cenote::cli {

/// Maps [0, domain_max] to [range_begin, range_end], which may run backwards as SVG's y does.
struct LinearScale {
  double domain_max;
  double range_begin;
  double range_end;

  [[nodiscard]] double operator()(double value) const noexcept {
    return domain_max == 0 ? range_begin : range_begin + value / domain_max * (range_end - range_begin);
  }
};

/// An axis' marks: round numbers in a unit, from 0 to the first at or above the largest value.
struct Ticks {
  Unit unit;
  std::vector<double> values;  // ascending, in the quantity itself, not in the unit

  [[nodiscard]] double last() const noexcept { return values.back(); }
};

using UnitFor = Unit (*)(double largest) noexcept;

/// About `wanted` steps of 1, 2 or 5 times a power of ten of the unit that suits the last of them. A largest
/// value of 0 gives [0, 1 unit].
Ticks round_ticks(double largest, int wanted, UnitFor unit_for);

/// The text of a tick: the number alone, with the unit at the last one.
std::string tick_label(const Ticks& ticks, double value);

}  // namespace cenote::cli
