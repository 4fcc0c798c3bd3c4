/// The frame of every page: one file that needs no other.
#pragma once

#include <string>
#include <string_view>

#include "markup.hpp"

namespace cenote::cli {

/// A whole HTML document with the stylesheet in it, and what is to follow it; `content` goes into <main>.
std::string html_page(std::string_view title, const Element& content, std::string_view more_style = {});

/// A section with its heading and a sentence that says what is seen.
Element section(std::string_view heading, std::string_view lead);

/// A picture with its heading and a note.
Element figure(std::string_view heading, std::string_view note, const Element& chart);

/// The page's first lines: what was called, on what command, and a line of facts. A very long command is cut.
Element page_header(std::string_view called, std::string_view command, std::string_view facts);

}  // namespace cenote::cli
