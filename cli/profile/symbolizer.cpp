#include "symbolizer.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <map>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

struct DwflEnd {
  void operator()(Dwfl* dwfl) const noexcept { ::dwfl_end(dwfl); }
};
using DwflHandle = std::unique_ptr<Dwfl, DwflEnd>;

DwflHandle open_dwfl() {
  static char* search_path = nullptr;  // the usual places
  static const Dwfl_Callbacks callbacks{.find_elf = &::dwfl_build_id_find_elf,
                                        .find_debuginfo = &::dwfl_standard_find_debuginfo,
                                        .section_address = &::dwfl_offline_section_address,
                                        .debuginfo_path = &search_path};
  return DwflHandle(::dwfl_begin(&callbacks));
}

std::string build_id_of(Dwfl_Module* module) {
  const unsigned char* bytes = nullptr;
  GElf_Addr address = 0;
  const int count = ::dwfl_module_build_id(module, &bytes, &address);
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// An address in the file of what is at `offset` in it.
std::optional<std::uint64_t> address_of_offset(Elf* elf, std::uint64_t offset) {
  std::size_t count = 0;
  if (elf == nullptr || ::elf_getphdrnum(elf, &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr part;
    if (::gelf_getphdr(elf, static_cast<int>(i), &part) == nullptr || part.p_type != PT_LOAD) continue;
    // Mappings begin at whole pages, which may be before what they are of.
    const std::uint64_t before = part.p_align > 1 ? part.p_offset % part.p_align : 0;
    if (offset >= part.p_offset - before && offset < part.p_offset + part.p_filesz)
      return part.p_vaddr - (part.p_offset - offset);
  }
  return std::nullopt;
}

std::string name_of(Dwarf_Die* function) {
  Dwarf_Attribute attribute;
  for (const unsigned what :
       {unsigned{DW_AT_linkage_name}, unsigned{DW_AT_MIPS_linkage_name}, unsigned{DW_AT_name}}) {
    if (::dwarf_attr_integrate(function, what, &attribute) == nullptr) continue;
    if (const char* const name = ::dwarf_formstring(&attribute)) return name;
  }
  return {};
}

bool is_function(Dwarf_Die* scope) {
  const int tag = ::dwarf_tag(scope);
  return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/// Where the inlined function `scope` was called.
SourceLine call_of(Dwarf_Die* scope, Dwarf_Files* files) {
  SourceLine out;
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (::dwarf_formudata(::dwarf_attr(scope, DW_AT_call_file, &attribute), &number) == 0) {
    if (const char* const file =
            files == nullptr ? nullptr : ::dwarf_filesrc(files, number, nullptr, nullptr))
      out.file = file;
  }
  if (::dwarf_formudata(::dwarf_attr(scope, DW_AT_call_line, &attribute), &number) == 0)
    out.line = static_cast<std::int64_t>(number);
  return out;
}

SourceLine line_at(Dwfl_Module* module, std::uint64_t address) {
  SourceLine out;
  if (Dwfl_Line* const line = ::dwfl_module_getsrc(module, address)) {
    int number = 0;
    if (const char* const file = ::dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr))
      out.file = file;
    out.line = number;
  }
  return out;
}

/// The scopes around an address, which libdw allocates: innermost first, out of inlined functions into what
/// they are inlined into.
class Scopes {
 public:
  Scopes(Dwarf_Die* unit, Dwarf_Addr address) {
    Dwarf_Die* first = nullptr;
    const int count = ::dwarf_getscopes(unit, address, &first);
    if (count <= 0) return;
    Dwarf_Die innermost = *first;
    std::free(first);
    count_ = ::dwarf_getscopes_die(&innermost, &all_);
  }
  Scopes(const Scopes&) = delete;
  Scopes& operator=(const Scopes&) = delete;
  ~Scopes() { std::free(all_); }
  std::span<Dwarf_Die> get() const noexcept {
    return {all_, count_ > 0 ? static_cast<std::size_t>(count_) : 0};
  }

 private:
  Dwarf_Die* all_ = nullptr;
  int count_ = 0;
};

std::vector<SourceLine> lines_at(Dwfl_Module* module, std::uint64_t address) {
  Dwarf_Addr bias = 0;
  Dwarf_Die* const unit = ::dwfl_module_addrdie(module, address, &bias);
  if (unit == nullptr) return {};
  Dwarf_Files* files = nullptr;
  std::size_t file_count = 0;
  if (::dwarf_getsrcfiles(unit, &files, &file_count) != 0) files = nullptr;
  std::vector<SourceLine> out;
  SourceLine here = line_at(module, address);
  const Scopes scopes(unit, address - bias);
  for (Dwarf_Die& scope : scopes.get()) {
    if (!is_function(&scope)) continue;
    here.function = name_of(&scope);
    out.push_back(here);
    if (::dwarf_tag(&scope) == DW_TAG_subprogram) return out;
    here = call_of(&scope, files);
  }
  return {};
}

}  // namespace

/// Each file by itself: those of different processes may be at the same addresses.
class Symbolizer::Files {
 public:
  struct File {
    DwflHandle dwfl;
    Dwfl_Module* module = nullptr;  // null: it cannot be read, or is another one
    Elf* elf = nullptr;
    GElf_Addr bias = 0;
  };

  File& of(const LoadedModule& loaded) {
    const auto [at, is_new] = files_.try_emplace({loaded.file, loaded.build_id});
    if (is_new) open(loaded, at->second);
    return at->second;
  }

 private:
  static void open(const LoadedModule& loaded, File& file) {
    file.dwfl = open_dwfl();
    if (file.dwfl == nullptr) return;
    Dwfl_Module* const module =
        ::dwfl_report_elf(file.dwfl.get(), loaded.file.c_str(), loaded.file.c_str(), -1, 0, true);
    ::dwfl_report_end(file.dwfl.get(), nullptr, nullptr);
    if (module == nullptr) return;
    file.elf = ::dwfl_module_getelf(module, &file.bias);
    if (!loaded.build_id.empty() && build_id_of(module) != loaded.build_id) return;
    file.module = module;
  }

  std::map<std::pair<std::string, std::string>, File> files_;
};

Symbolizer::Symbolizer() : files_(std::make_unique<Files>()) {}
Symbolizer::~Symbolizer() = default;

std::vector<SourceLine> Symbolizer::lines(const LoadedModule& module, std::uint64_t address) {
  if (!module.file.starts_with('/')) return {};
  Files::File& file = files_->of(module);
  if (file.module == nullptr) return {};
  const auto start = address_of_offset(file.elf, module.file_offset);
  if (!start) return {};
  return lines_at(file.module, address - module.start + *start + file.bias);
}

}  // namespace cenote::cli
