/// The headline numbers of a comparison.
#pragma once

#include <string>

#include "../measure/comparison.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// A card per metric: cenote beside the system's malloc, and whether the rounds agree.
Element comparison_cards(const Comparison& comparison);

/// The sign of the difference on which the paired ratios of all rounds agree; `unclear` when they disagree or
/// the difference is too small to name.
enum class Verdict { less, more, unclear };
Verdict verdict_of(const Spread& ratio) noexcept;

/// "−14 %", "+3 %", "±0 %"; from 2 on "2.4×"; "–" when there is no ratio.
std::string change_text(double ratio);

}  // namespace cenote::cli
