#include "os/modules.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "os/linux/raw_calls.hpp"
#include "os/linux/small_file.hpp"

namespace cenote::os {
namespace {

struct Listing {
  std::span<Module> room;
  std::size_t count = 0;
};

void set_path(Module& module, const char* name) noexcept {
  if (name != nullptr && name[0] != '\0') {
    std::strncpy(module.path, name, sizeof module.path - 1);
    return;
  }
  const ssize_t length = raw::read_link("/proc/self/exe", module.path, sizeof module.path - 1);
  module.path[length > 0 ? length : 0] = '\0';
}

void set_build_id(Module& module, const unsigned char* id, std::size_t bytes) noexcept {
  constexpr const char* kDigits = "0123456789abcdef";
  char* out = module.build_id;
  for (std::size_t i = 0; i < std::min(bytes, sizeof module.build_id / 2); ++i) {
    *out++ = kDigits[id[i] >> 4];
    *out++ = kDigits[id[i] & 15];
  }
  *out = '\0';
}

// Notes are a header, a name and a description each, the latter two at multiples of four bytes.
void find_build_id(Module& module, const std::byte* at, std::size_t bytes) noexcept {
  while (bytes >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof note);
    const std::size_t name = (note.n_namesz + 3U) & ~3U, description = (note.n_descsz + 3U) & ~3U;
    const std::size_t whole = sizeof note + name + description;
    if (whole > bytes) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(at + sizeof note, "GNU", 4) == 0) {
      return set_build_id(module, reinterpret_cast<const unsigned char*>(at + sizeof note + name),
                          note.n_descsz);
    }
    at += whole;
    bytes -= whole;
  }
}

/// Calls `visit(const Module&)` for each executable segment of a module until it returns false. A linker
/// script or an option may ask for several: Node.js has two.
template <class Visit>
void for_each_code(const dl_phdr_info& info, Visit visit) noexcept {
  const std::span<const ElfW(Phdr)> segments{info.dlpi_phdr, info.dlpi_phnum};
  Module module{.bias = info.dlpi_addr};
  set_path(module, info.dlpi_name);
  for (const ElfW(Phdr) & segment : segments) {
    if (segment.p_type != PT_NOTE) continue;
    find_build_id(module, reinterpret_cast<const std::byte*>(info.dlpi_addr + segment.p_vaddr),
                  segment.p_memsz);
  }
  for (const ElfW(Phdr) & segment : segments) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    module.start = info.dlpi_addr + segment.p_vaddr;
    module.end = module.start + segment.p_memsz;
    module.file_offset = segment.p_offset;
    if (!visit(module)) return;
  }
}

int list_code(dl_phdr_info* info, std::size_t, void* argument) noexcept {
  Listing& listing = *static_cast<Listing*>(argument);
  for_each_code(*info, [&](const Module& module) {
    if (listing.count == listing.room.size()) return false;
    listing.room[listing.count++] = module;
    return true;
  });
  return listing.count == listing.room.size() ? 1 : 0;
}

struct Search {
  std::uintptr_t address;
  Module found;
};

int find_code(dl_phdr_info* info, std::size_t, void* argument) noexcept {
  Search& search = *static_cast<Search*>(argument);
  for_each_code(*info, [&](const Module& module) {
    if (search.address - module.start >= module.end - module.start) return true;
    search.found = module;
    return false;
  });
  return search.found.end != 0 ? 1 : 0;
}

/// Part of a file, empty when the file does not have all of it.
template <class Entry>
std::span<const Entry> entries(const std::byte* file, std::size_t bytes, std::uint64_t offset,
                               std::uint64_t size) noexcept {
  if (offset > bytes || size > bytes - offset || offset % alignof(Entry) != 0) return {};
  return {reinterpret_cast<const Entry*>(file + offset), static_cast<std::size_t>(size / sizeof(Entry))};
}

/// Names those of `wanted` that lie in the function `symbol`; the first name that is found stays.
void name_by(const ElfW(Sym) & symbol, std::uintptr_t bias, const char* name,
             std::span<Symbol> wanted) noexcept {
  const std::uintptr_t start = bias + symbol.st_value;
  const auto before = [](const Symbol& one, std::uintptr_t address) { return one.address < address; };
  auto at = std::lower_bound(wanted.begin(), wanted.end(), start, before);
  for (; at != wanted.end() && at->address - start < symbol.st_size; ++at) {
    if (at->name == nullptr) at->name = name;
  }
}

bool is_function(const ElfW(Sym) & symbol) noexcept {
  const unsigned type = symbol.st_info & 15U;
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_size != 0;
}

}  // namespace

std::size_t list_modules(std::span<Module> room) noexcept {
  const KeepErrno keep;
  Listing listing{room};
  ::dl_iterate_phdr(&list_code, &listing);
  return listing.count;
}

Module own_module() noexcept {
  Search search{reinterpret_cast<std::uintptr_t>(&own_module), {}};
  ::dl_iterate_phdr(&find_code, &search);
  return search.found;
}

void* find_export(const char* name) noexcept { return ::dlsym(RTLD_DEFAULT, name); }

SymbolFile::SymbolFile(const Module& module) noexcept : bias_{module.bias} {
  const KeepErrno keep;
  const int file = raw::open(module.path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  const long end = raw::seek(file, 0, SEEK_END);
  if (end > static_cast<long>(sizeof(ElfW(Ehdr)))) {
    const auto bytes = static_cast<std::size_t>(end);
    void* const start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (start != MAP_FAILED) {
      file_ = static_cast<const std::byte*>(start);
      bytes_ = bytes;
    }
  }
  raw::close(file);
}

SymbolFile::~SymbolFile() {
  const KeepErrno keep;
  if (file_ != nullptr) ::munmap(const_cast<std::byte*>(file_), bytes_);
}

void SymbolFile::name(std::span<Symbol> wanted) const noexcept {
  if (file_ == nullptr || wanted.empty()) return;
  const auto& header = *reinterpret_cast<const ElfW(Ehdr)*>(file_);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof(ElfW(Shdr))) return;
  const auto sections =
      entries<ElfW(Shdr)>(file_, bytes_, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(ElfW(Shdr)));
  for (const unsigned kind : {unsigned{SHT_SYMTAB}, unsigned{SHT_DYNSYM}}) {
    for (const ElfW(Shdr) & section : sections) {
      if (section.sh_type != kind || section.sh_link >= sections.size()) continue;
      const ElfW(Shdr)& strings = sections[section.sh_link];
      const auto text = entries<char>(file_, bytes_, strings.sh_offset, strings.sh_size);
      if (text.empty() || text.back() != '\0') continue;
      for (const ElfW(Sym) & symbol : entries<ElfW(Sym)>(file_, bytes_, section.sh_offset, section.sh_size)) {
        if (is_function(symbol) && symbol.st_name < text.size())
          name_by(symbol, bias_, text.data() + symbol.st_name, wanted);
      }
    }
  }
}

}  // namespace cenote::os
