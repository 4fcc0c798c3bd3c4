// Nothing asks: there are no call stacks here.
#include "os/modules.hpp"

namespace cenote::os {

std::size_t list_modules(std::span<Module>) noexcept { return 0; }

Module own_module() noexcept { return {}; }

void* find_export(const char*) noexcept { return nullptr; }

SymbolFile::SymbolFile(const Module&) noexcept {}
SymbolFile::~SymbolFile() = default;
void SymbolFile::name(std::span<Symbol>) const noexcept {}

}  // namespace cenote::os
