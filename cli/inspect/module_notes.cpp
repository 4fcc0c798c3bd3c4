#include "module_notes.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

namespace cenote::cli {
namespace {

constexpr bool kIs64 = sizeof(void*) == 8;
using Header = std::conditional_t<kIs64, Elf64_Ehdr, Elf32_Ehdr>;
using Segment = std::conditional_t<kIs64, Elf64_Phdr, Elf32_Phdr>;
using NoteHead = Elf64_Nhdr;  // the same in both
constexpr unsigned char kClass = kIs64 ? ELFCLASS64 : ELFCLASS32;

constexpr std::string_view kOwner{"cenote\0", 7};
constexpr std::size_t kSegmentsMax = 256, kNotesMax = 64 << 10;

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

std::vector<Segment> read_segments(const stats::Peek& peek, std::uintptr_t start, const Header& header) {
  if (header.e_phentsize != sizeof(Segment)) return {};
  std::vector<Segment> segments(std::min<std::size_t>(header.e_phnum, kSegmentsMax));
  const bool read = peek.copy(at(start + header.e_phoff), segments.data(), segments.size() * sizeof(Segment));
  return read ? segments : std::vector<Segment>{};
}

/// What is to be added to addresses in the file.
std::optional<std::uintptr_t> load_bias(const std::vector<Segment>& segments, std::uintptr_t start) {
  const auto first = std::ranges::find(segments, Elf64_Word{PT_LOAD}, &Segment::p_type);
  if (first == segments.end()) return std::nullopt;
  return start - static_cast<std::uintptr_t>(first->p_vaddr - first->p_offset);
}

std::size_t padded(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

void take_note(const NoteHead& head, std::string_view name, std::string_view content, std::uintptr_t address,
               std::vector<ModuleNote>& out) {
  std::int32_t distance = 0;
  if (name != kOwner || content.size() != sizeof distance) return;
  std::memcpy(&distance, content.data(), sizeof distance);
  out.push_back({static_cast<inspect::AnchorType>(head.n_type),
                 address + static_cast<std::uintptr_t>(std::intptr_t{distance})});
}

void parse_notes(std::string_view bytes, std::uintptr_t address, std::size_t alignment,
                 std::vector<ModuleNote>& out) {
  NoteHead head{};
  for (std::size_t offset = 0; offset + sizeof head <= bytes.size();) {
    std::memcpy(&head, bytes.data() + offset, sizeof head);
    const std::size_t name = offset + sizeof head, content = padded(name + head.n_namesz, alignment);
    if (head.n_namesz > bytes.size() || head.n_descsz > bytes.size()) return;
    if (content + head.n_descsz > bytes.size()) return;
    take_note(head, bytes.substr(name, head.n_namesz), bytes.substr(content, head.n_descsz),
              address + content, out);
    offset = padded(content + head.n_descsz, alignment);
  }
}

}  // namespace

ModuleNotes read_notes(const stats::Peek& peek, std::uintptr_t start) {
  Header header{};
  if (!peek.read(at(start), header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (header.e_ident[EI_CLASS] != kClass) return {.is_foreign = true};
  const std::vector<Segment> segments = read_segments(peek, start, header);
  const auto bias = load_bias(segments, start);
  ModuleNotes found;
  for (const Segment& segment : segments) {
    if (!bias || segment.p_type != PT_NOTE || segment.p_memsz > kNotesMax) continue;
    std::string bytes(segment.p_memsz, '\0');
    const std::uintptr_t address = *bias + static_cast<std::uintptr_t>(segment.p_vaddr);
    if (!peek.copy(at(address), bytes.data(), bytes.size())) continue;
    parse_notes(bytes, address, segment.p_align == 8 ? 8 : 4, found.notes);
  }
  return found;
}

}  // namespace cenote::cli
