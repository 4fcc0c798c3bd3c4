#include "child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "../failure.hpp"
#include "file_descriptor.hpp"

namespace cenote::cli {
namespace {

/// Pointers into `lines`, as exec wants them.
std::vector<char*> pointers(const std::vector<std::string>& lines) {
  std::vector<char*> out;
  out.reserve(lines.size() + 1);
  for (const std::string& line : lines) out.push_back(const_cast<char*>(line.c_str()));
  out.push_back(nullptr);
  return out;
}

void open_signals() noexcept {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// In the child: becomes the program, or tells the parent why not.
[[noreturn]] void become(const Launch& launch, char* const* words, char* const* lines, int report) noexcept {
  if (launch.input >= 0) ::dup2(launch.input, STDIN_FILENO);
  if (launch.output >= 0) {
    ::dup2(launch.output, STDOUT_FILENO);
    ::dup2(launch.output, STDERR_FILENO);
  }
  open_signals();
  ::execvpe(words[0], words, lines);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
  ::_exit(kExitNotFound);
}

[[noreturn]] void fail(const std::string& program, int error) {
  const bool path = program.find('/') != std::string::npos;
  if (error == ENOENT || error == ENOTDIR) {
    const char* const hint = path ? "not found; is the path right, and the interpreter it names there?"
                                  : "not found on PATH; is it installed?";
    throw Failure(fmt::format("cannot run '{}': {}", program, hint), kExitNotFound);
  }
  const std::string reason =
      error == EACCES ? "not executable (permission denied)" : std::string(std::strerror(error));
  throw Failure(fmt::format("cannot run '{}': {}", program, reason), kExitNotExecutable);
}

/// The errno that the child reports, 0 when it became the program and so closed its end.
int read_error(int pipe_end) noexcept {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe_end, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

pid_t start(const Launch& launch) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Failure(fmt::format("cannot start a process: {}", std::strerror(errno)), 1);
  const FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  const std::vector<char*> words = pointers(launch.command);
  const std::vector<char*> lines = pointers(launch.environment.lines());

  // Not vfork: with it the kernel counts this process's own peak as the child's. With fork the child's peak
  // starts at this process's private pages, about 1 MiB: below what any program holds.
  const pid_t child = ::fork();
  if (child < 0) throw Failure(fmt::format("cannot start a process: {}", std::strerror(errno)), 1);
  if (child == 0) become(launch, words.data(), lines.data(), write_end.get());
  write_end.close();
  if (const int error = read_error(read_end.get()); error != 0) {
    ::waitpid(child, nullptr, 0);
    fail(launch.command.front(), error);
  }
  return child;
}

}  // namespace cenote::cli
