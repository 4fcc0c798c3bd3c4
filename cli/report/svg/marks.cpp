#include "marks.hpp"

#include <fmt/format.h>

namespace cenote::cli {

Element picture(double width, double height, std::string_view title, std::string_view description) {
  return Element("svg")
      .set("viewBox", fmt::format("0 0 {:g} {:g}", width, height))
      .set("role", "img")
      .add(text_element("title", title))
      .add(text_element("desc", description));
}

Element line_mark(Point from, Point to, std::string_view css_class) {
  return Element("line")
      .set("x1", from.x)
      .set("y1", from.y)
      .set("x2", to.x)
      .set("y2", to.y)
      .set("class", css_class);
}

Element box_mark(Point top_left, double width, double height, std::string_view css_class) {
  return Element("rect")
      .set("x", top_left.x)
      .set("y", top_left.y)
      .set("width", width)
      .set("height", height)
      .set("class", css_class);
}

Element dot_mark(Point center, double radius, std::string_view css_class) {
  return Element("circle").set("cx", center.x).set("cy", center.y).set("r", radius).set("class", css_class);
}

Element text_mark(Point baseline, std::string_view text, std::string_view css_class) {
  return Element("text").set("x", baseline.x).set("y", baseline.y).set("class", css_class).text(text);
}

Element path_mark(std::span<const Point> points, std::string_view css_class) {
  std::string d;
  for (const Point& point : points)
    d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : "L", point.x, point.y);
  return Element("path").set("d", d).set("class", css_class);
}

Element with_tooltip(Element mark, std::string_view text) {
  return std::move(mark.add(text_element("title", text)));
}

std::string series_class(std::size_t allocator) {
  constexpr std::size_t kColours = 8;  // style.css: s0 to s7
  return fmt::format("s{}", allocator == 0 ? 0 : 1 + (allocator - 1) % (kColours - 1));
}

}  // namespace cenote::cli
