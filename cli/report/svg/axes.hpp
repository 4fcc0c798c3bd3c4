/// Axes with grid lines and labels.
#pragma once

#include "../markup.hpp"
#include "scale.hpp"

namespace cenote::cli {

/// The rectangle of a picture that the data fill; SVG's y runs down.
struct PlotArea {
  double left;
  double top;
  double right;
  double bottom;
};

/// Vertical grid lines with labels below the area.
Element horizontal_axis(const Ticks& ticks, const LinearScale& x, const PlotArea& area);

/// Horizontal grid lines with labels left of the area.
Element vertical_axis(const Ticks& ticks, const LinearScale& y, const PlotArea& area);

}  // namespace cenote::cli
