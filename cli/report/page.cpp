#include "page.hpp"

#include <fmt/format.h>

#include "../text/quoting.hpp"
#include "../version.hpp"
#include "style.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kCommandColumns = 240;
constexpr const char* kTemplate = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{version}">
<title>{title}</title>
<style>
{style}{more_style}</style>
</head>
<body>
{content}</body>
</html>
)html";

}  // namespace

std::string html_page(std::string_view title, const Element& content, std::string_view more_style) {
  return fmt::format(kTemplate, fmt::arg("version", version_text()), fmt::arg("title", html_escape(title)),
                     fmt::arg("style", style_css()), fmt::arg("more_style", more_style),
                     fmt::arg("content", Element("main").add(content).render()));
}

Element section(std::string_view heading, std::string_view lead) {
  Element out("section");
  out.add(text_element("h2", heading));
  if (!lead.empty()) out.add(text_element("p", lead, "lead"));
  return out;
}

Element figure(std::string_view heading, std::string_view note, const Element& chart) {
  Element caption("figcaption");
  caption.add(text_element("h3", heading));
  if (!note.empty()) caption.add(text_element("span", note, "note"));
  return Element("figure").add(caption).add(Element("div").set("class", "scroll").add(chart));
}

Element page_header(std::string_view called, std::string_view command, std::string_view facts) {
  return Element("header")
      .add(text_element("p", called, "called"))
      .add(Element("h1").add(text_element("code", shorten(command, kCommandColumns))))
      .add(text_element("p", facts, "facts"));
}

}  // namespace cenote::cli
