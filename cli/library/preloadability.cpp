#include "preloadability.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "../text/quoting.hpp"

namespace cenote::cli {
namespace {

/// Where execvp would find the program; empty when nowhere.
std::string find_on_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = (folder.empty() ? "." : folder) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

template <class T>
bool read_at(std::ifstream& file, std::uint64_t offset, T& out) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&out), sizeof out));
}

/// Whether it is a 64-bit ELF program that names no dynamic linker.
bool is_static(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header = {};
  if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phnum == 0) return false;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment = {};
    if (!read_at(file, header.e_phoff + i * header.e_phentsize, segment) || segment.p_type == PT_INTERP)
      return false;
  }
  return true;
}

bool runs_as_another_user(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) return false;
  return (facts.st_mode & S_ISUID) != 0 && facts.st_uid != ::getuid();
}

}  // namespace

std::optional<std::string> why_not_preloadable(const std::string& program) {
  const std::string path = find_on_path(program);
  if (is_static(path)) return "is linked statically";
  if (runs_as_another_user(path)) return "runs as another user (setuid)";
  return std::nullopt;
}

void warn_if_not_preloadable(const std::string& program) {
  const auto why = why_not_preloadable(program);
  if (!why) return;
  fmt::print(stderr, "cenote: note: '{}' {}, so nothing can be preloaded into it: its malloc stays its own\n",
             printable(program), *why);
}

}  // namespace cenote::cli
