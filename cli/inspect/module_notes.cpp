#include "module_notes.hpp"

#include <cstring>
#include <string_view>

#include "elf_image.hpp"

namespace cenote::cli {

ModuleNotes read_notes(const stats::Peek& peek, std::uintptr_t start) {
  constexpr std::string_view kOwner{"cenote\0", 7};
  const ElfImage image = ElfImage::read(peek, start);
  ModuleNotes found{.is_foreign = image.is_foreign};
  for_each_note(peek, image, [&](const ElfNote& note) {
    std::int32_t distance = 0;
    if (note.owner != kOwner || note.content.size() != sizeof distance) return;
    std::memcpy(&distance, note.content.data(), sizeof distance);
    found.notes.push_back({static_cast<inspect::AnchorType>(note.type),
                           note.address + static_cast<std::uintptr_t>(std::intptr_t{distance})});
  });
  return found;
}

}  // namespace cenote::cli
