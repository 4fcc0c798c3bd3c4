/// Elements of HTML and SVG, escaped by construction.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cenote::cli {

/// An element with attributes and content, written as it grows:
///
///     Element("a").set("class", "x").text("1 < 2")   // <a class="x">1 &lt; 2</a>
class Element {
 public:
  explicit Element(std::string_view name) : name_(name) {}

  Element& set(std::string_view attribute, std::string_view value) &;
  Element& set(std::string_view attribute, double value) &;  // two decimals at most: SVG's coordinates
  Element& text(std::string_view text) &;
  Element& add(const Element& child) &;
  /// Adds markup that is known to be right, as a stylesheet.
  Element& raw(std::string_view markup) &;

  template <class Value>
  Element&& set(std::string_view attribute, Value value) && {
    if constexpr (std::is_arithmetic_v<Value>) {
      set(attribute, static_cast<double>(value));
    } else {
      set(attribute, std::string_view(value));
    }
    return std::move(*this);
  }
  Element&& text(std::string_view text) && { return std::move(this->text(text)); }
  Element&& add(const Element& child) && { return std::move(this->add(child)); }
  Element&& raw(std::string_view markup) && { return std::move(this->raw(markup)); }

  [[nodiscard]] std::string render() const;

 private:
  std::string name_;
  std::string attributes_;
  std::string content_;
};

/// An element that holds only text.
Element text_element(std::string_view name, std::string_view text, std::string_view css_class = {});

}  // namespace cenote::cli
