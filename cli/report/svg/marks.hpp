/// The marks that pictures are made of. Colours and weights are the stylesheet's, by class.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../markup.hpp"

namespace cenote::cli {

struct Point {
  double x;
  double y;
};

/// An SVG picture that scales with the page. `title` and `description` are for those who do not see it.
Element picture(double width, double height, std::string_view title, std::string_view description);

Element line_mark(Point from, Point to, std::string_view css_class);
Element box_mark(Point top_left, double width, double height, std::string_view css_class);
Element dot_mark(Point center, double radius, std::string_view css_class);
Element text_mark(Point baseline, std::string_view text, std::string_view css_class);
Element path_mark(std::span<const Point> points, std::string_view css_class);

/// `mark` with a text that shows when the pointer rests on it.
Element with_tooltip(Element mark, std::string_view text);

/// The class that colours an allocator: the first is the system's.
std::string series_class(std::size_t allocator);

}  // namespace cenote::cli
