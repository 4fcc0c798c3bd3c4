#include "markup.hpp"

#include <cmath>

#include <fmt/format.h>

#include "../text/quoting.hpp"

namespace cenote::cli {

Element& Element::set(std::string_view attribute, std::string_view value) & {
  attributes_ += fmt::format(" {}=\"{}\"", attribute, html_escape(value));
  return *this;
}

Element& Element::set(std::string_view attribute, double value) & {
  constexpr double kHundredths = 100;
  return set(attribute, fmt::format("{:g}", std::round(value * kHundredths) / kHundredths));
}

Element& Element::text(std::string_view text) & { return raw(html_escape(text)); }

Element& Element::add(const Element& child) & { return raw(child.render()); }

Element& Element::raw(std::string_view markup) & {
  content_ += markup;
  return *this;
}

std::string Element::render() const {
  return fmt::format("<{0}{1}>{2}</{0}>\n", name_, attributes_, content_);
}

Element text_element(std::string_view name, std::string_view text, std::string_view css_class) {
  Element element(name);
  if (!css_class.empty()) element.set("class", css_class);
  return std::move(element.text(text));
}

}  // namespace cenote::cli
