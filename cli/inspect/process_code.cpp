#include "process_code.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "elf_image.hpp"
#include "mapped_modules.hpp"
#include "remote_peek.hpp"

namespace cenote::cli {
namespace {

/// What is put before the process's paths to reach its files: a container has other ones of the same names.
std::string root_of(pid_t process) {
  const std::string folder = fmt::format("/proc/{}", process);
  std::array<char, 2> root{};
  const bool is_changed = ::readlink((folder + "/root").c_str(), root.data(), root.size()) != 1;
  struct stat theirs {
  }, ours{};
  const bool is_elsewhere = ::stat((folder + "/ns/mnt").c_str(), &theirs) != 0 ||
                            ::stat("/proc/self/ns/mnt", &ours) != 0 || theirs.st_ino != ours.st_ino;
  return is_changed || is_elsewhere ? folder + "/root" : "";
}

template <std::size_t kRoom>
void put(std::string_view text, char (&room)[kRoom]) {
  room[text.copy(room, kRoom - 1)] = '\0';
}

std::string build_id(const stats::Peek& peek, const ElfImage& image) {
  constexpr std::string_view kOwner{"GNU\0", 4};
  std::string id;
  for_each_note(peek, image, [&](const ElfNote& note) {
    if (note.owner != kOwner || note.type != NT_GNU_BUILD_ID || !id.empty()) return;
    for (const char byte : note.content) id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  });
  return id;
}

void append_code(const stats::Peek& peek, const MappedModule& mapped, const std::string& root,
                 std::vector<os::Module>& out) {
  const ElfImage image = ElfImage::read(peek, mapped.start);
  os::Module module{.bias = image.bias};
  put(mapped.is_deleted ? mapped.path + " (deleted)" : root + mapped.path, module.path);
  put(build_id(peek, image), module.build_id);
  for (const ElfSegment& segment : image.segments) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    module.start = image.bias + static_cast<std::uintptr_t>(segment.p_vaddr);
    module.end = module.start + static_cast<std::uintptr_t>(segment.p_memsz);
    module.file_offset = segment.p_offset;
    out.push_back(module);
  }
}

}  // namespace

std::optional<std::vector<os::Module>> code_of(pid_t process) {
  const auto mapped = modules_of(process);
  if (!mapped) return {};
  const std::string root = root_of(process);
  const RemotePeek peek(process);
  std::vector<os::Module> code;
  for (const MappedModule& module : *mapped) append_code(peek, module, root, code);
  return code;
}

}  // namespace cenote::cli
