#include "elf_image.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace cenote::cli {
namespace {

using Header = std::conditional_t<kIs64, Elf64_Ehdr, Elf32_Ehdr>;
using NoteHead = Elf64_Nhdr;  // the same in both
constexpr unsigned char kClass = kIs64 ? ELFCLASS64 : ELFCLASS32;
constexpr std::size_t kSegmentsMax = 256, kNotesMax = 64 << 10;

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

std::vector<ElfSegment> read_segments(const stats::Peek& peek, std::uintptr_t start, const Header& header) {
  if (header.e_phentsize != sizeof(ElfSegment)) return {};
  std::vector<ElfSegment> segments(std::min<std::size_t>(header.e_phnum, kSegmentsMax));
  const bool read =
      peek.copy(at(start + header.e_phoff), segments.data(), segments.size() * sizeof(ElfSegment));
  return read ? segments : std::vector<ElfSegment>{};
}

std::size_t padded(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

void parse_notes(std::string_view bytes, std::uintptr_t address, std::size_t alignment,
                 const std::function<void(const ElfNote&)>& visit) {
  NoteHead head{};
  for (std::size_t offset = 0; offset + sizeof head <= bytes.size();) {
    std::memcpy(&head, bytes.data() + offset, sizeof head);
    const std::size_t name = offset + sizeof head, content = padded(name + head.n_namesz, alignment);
    if (head.n_namesz > bytes.size() || head.n_descsz > bytes.size()) return;
    if (content + head.n_descsz > bytes.size()) return;
    visit({bytes.substr(name, head.n_namesz), head.n_type, bytes.substr(content, head.n_descsz),
           address + content});
    offset = padded(content + head.n_descsz, alignment);
  }
}

}  // namespace

ElfImage ElfImage::read(const stats::Peek& peek, std::uintptr_t start) {
  Header header{};
  if (!peek.read(at(start), header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (header.e_ident[EI_CLASS] != kClass) return {.is_foreign = true};
  ElfImage image{.segments = read_segments(peek, start, header)};
  const auto first = std::ranges::find(image.segments, Elf64_Word{PT_LOAD}, &ElfSegment::p_type);
  if (first == image.segments.end()) return {};
  image.bias = start - static_cast<std::uintptr_t>(first->p_vaddr - first->p_offset);
  return image;
}

void for_each_note(const stats::Peek& peek, const ElfImage& image,
                   const std::function<void(const ElfNote&)>& visit) {
  for (const ElfSegment& segment : image.segments) {
    if (segment.p_type != PT_NOTE || segment.p_memsz > kNotesMax) continue;
    std::string bytes(segment.p_memsz, '\0');
    const std::uintptr_t address = image.bias + static_cast<std::uintptr_t>(segment.p_vaddr);
    if (!peek.copy(at(address), bytes.data(), bytes.size())) continue;
    parse_notes(bytes, address, segment.p_align == 8 ? 8 : 4, visit);
  }
}

}  // namespace cenote::cli
