#include "method_section.hpp"

#include <cstdlib>

#include "../text/quoting.hpp"
#include "page.hpp"

namespace cenote::cli {
namespace {

void add_facts(Element& list, const std::vector<Fact>& facts) {
  for (const Fact& fact : facts) list.add(text_element("dt", fact.name)).add(text_element("dd", fact.value));
}

}  // namespace

std::string reproduction(const std::vector<std::string>& words) {
  std::string settings;
  for (const char* name : {"CENOTE_OPTIONS", "CENOTE_MALLOC_LIBRARY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) settings += std::string(name) + "=" + shell_quote(std::string_view(value)) + " ";
  }
  return settings + shell_quote(words);
}

Element method_section(std::string_view reproduce, const std::vector<Fact>& facts,
                       const std::vector<std::string>& notes) {
  Element list("dl");
  add_facts(list, facts);
  add_facts(list, machine_facts());
  Element reading("ul");
  for (const std::string& note : notes) reading.add(text_element("li", note));
  return section("How this was measured", "The same again:")
      .add(Element("pre").add(text_element("code", reproduce)))
      .add(list)
      .add(reading);
}

}  // namespace cenote::cli
