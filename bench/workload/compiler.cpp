// A compiler: source text becomes interned names, a tree, scopes with symbol tables, an intermediate form and
// assembly text. The tree and the symbols of a unit live until its end; the intermediate form and the scratch
// of each pass live for one function.

#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr int kUnits = 3;
constexpr int kFunctions = 300;
constexpr int kNestingMax = 7;

// --- source text -------------------------------------------------------------------------------------------

void write_expression(Random& random, std::string& out, int nesting) {
  if (nesting == 0 || random.chance(25)) {
    out += random.chance(40) ? std::to_string(random.below(1000))
                             : "local_variable_" + std::to_string(random.below(60));
    return;
  }
  static constexpr std::string_view kHeads[] = {"(+ ", "(* ", "(set ", "(if ", "(call ", "(block "};
  const std::size_t head = random.below(std::size(kHeads));
  out += kHeads[head];
  if (head == 4) out += "function_of_some_module_" + std::to_string(random.below(kFunctions)) + ' ';
  const std::uint64_t operands = head < 2 ? 2 : random.between(2, 4);
  for (std::uint64_t i = 0; i < operands; ++i) {
    write_expression(random, out, nesting - 1);
    out += ' ';
  }
  out += ')';
}

// --- names, symbols, tree ----------------------------------------------------------------------------------

using Name = const std::string*;

struct Interner {
  std::unordered_set<std::string> names;
  Name intern(std::string_view spelling) { return &*names.emplace(spelling).first; }
};

struct Symbol {
  Name name;
  std::uint32_t slot, uses;
  std::string mangled;
};

struct Scope {
  explicit Scope(Scope* outer_scope) : outer(outer_scope) {}
  Symbol& declare(Name name) {
    Symbol& symbol = symbols[name];
    if (symbol.name == nullptr) {
      symbol = {name, static_cast<std::uint32_t>(symbols.size()), 0, "_ZN4unit" + *name + "Ev"};
    }
    ++symbol.uses;
    return symbol;
  }
  Scope* outer;
  std::unordered_map<Name, Symbol> symbols;
};

struct Node {
  virtual ~Node() = default;
  std::uint32_t line = 0;
};
struct Number : Node {
  long value = 0;
};
struct Reference : Node {
  Name name = nullptr;
  Symbol* symbol = nullptr;
};
struct Form : Node {
  Name head = nullptr;
  Name callee = nullptr;
  std::vector<std::unique_ptr<Node>> operands;
  std::unique_ptr<Scope> scope;  // of a block only
};

struct Parser {
  std::string_view text;
  Interner& names;
  std::uint32_t line = 0;

  std::string_view token() {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    std::size_t length = 1;
    if (text.front() != '(' && text.front() != ')') length = std::min(text.find_first_of(" ()"), text.size());
    const std::string_view result = text.substr(0, length);
    text.remove_prefix(length);
    return result;
  }

  std::unique_ptr<Node> parse() {
    const std::string_view word = token();
    if (word == ")") return nullptr;
    if (word == "(") return parse_form();
    if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) {
      auto reference = std::make_unique<Reference>();
      reference->name = names.intern(word);
      return reference;
    }
    auto number = std::make_unique<Number>();
    std::from_chars(word.data(), word.data() + word.size(), number->value);
    return number;
  }

  std::unique_ptr<Node> parse_form() {
    auto form = std::make_unique<Form>();
    form->line = ++line;
    form->head = names.intern(token());
    if (*form->head == "call") form->callee = names.intern(token());
    while (auto operand = parse()) form->operands.push_back(std::move(operand));
    return form;
  }
};

// --- passes ------------------------------------------------------------------------------------------------

void resolve(Node& node, Scope* scope) {
  if (auto* reference = dynamic_cast<Reference*>(&node)) reference->symbol = &scope->declare(reference->name);
  auto* form = dynamic_cast<Form*>(&node);
  if (form == nullptr) return;
  if (*form->head == "block") {
    form->scope = std::make_unique<Scope>(scope);
    scope = form->scope.get();
  }
  for (auto& operand : form->operands) resolve(*operand, scope);
}

/// Replaces sums and products of numbers by numbers, bottom up.
void fold(std::unique_ptr<Node>& node) {
  auto* form = dynamic_cast<Form*>(node.get());
  if (form == nullptr) return;
  for (auto& operand : form->operands) fold(operand);
  if ((*form->head != "+" && *form->head != "*") || form->operands.size() != 2) return;
  const auto* left = dynamic_cast<Number*>(form->operands[0].get());
  const auto* right = dynamic_cast<Number*>(form->operands[1].get());
  if (left == nullptr || right == nullptr) return;
  auto number = std::make_unique<Number>();
  number->value = (*form->head == "+" ? left->value + right->value : left->value * right->value) % 1000003;
  node = std::move(number);
}

struct Instruction {
  std::string mnemonic;
  std::vector<std::uint32_t> inputs;
  std::uint32_t output = 0;
};
using Code = std::vector<std::unique_ptr<Instruction>>;

std::uint32_t lower(const Node& node, Code& code) {
  auto instruction = std::make_unique<Instruction>();
  if (const auto* number = dynamic_cast<const Number*>(&node)) {
    instruction->mnemonic = "mov $" + std::to_string(number->value);
  } else if (const auto* reference = dynamic_cast<const Reference*>(&node)) {
    instruction->mnemonic = "load " + reference->symbol->mangled;
  } else if (const auto* form = dynamic_cast<const Form*>(&node)) {
    for (const auto& operand : form->operands) instruction->inputs.push_back(lower(*operand, code));
    instruction->mnemonic = form->callee != nullptr ? "call " + *form->callee : *form->head;
  }
  instruction->output = static_cast<std::uint32_t>(code.size());
  code.push_back(std::move(instruction));
  return code.back()->output;
}

/// For each instruction the values that are alive after it, as sets of bits; returns the most alive at once.
std::size_t most_alive(const Code& code) {
  std::vector<std::vector<bool>> alive(code.size() / 16 + 1);  // one set for each run of 16 instructions
  std::vector<bool> current(code.size());
  std::size_t count = 0, most = 0;
  for (std::size_t i = code.size(); i-- > 0;) {
    for (const std::uint32_t input : code[i]->inputs) {
      if (!current[input]) current[input] = true, ++count;
    }
    if (current[i]) current[i] = false, --count;
    if (i % 16 == 0) alive[i / 16] = current;
    most = std::max(most, count);
  }
  return most;
}

void emit(const Code& code, std::string& assembly) {
  for (const auto& instruction : code) {
    std::string line = "\t" + instruction->mnemonic;
    for (const std::uint32_t input : instruction->inputs) line += ", %r" + std::to_string(input);
    assembly += line + " -> %r" + std::to_string(instruction->output) + '\n';
  }
}

void compile_unit(std::uint64_t seed, Checksum& checksum) {
  Random random(seed);
  Interner names;
  Scope globals(nullptr);
  std::vector<std::unique_ptr<Node>> functions;
  std::string assembly;
  for (int i = 0; i < kFunctions; ++i) {
    std::string text = "(block ";
    for (int statement = 0; statement < 6; ++statement) write_expression(random, text, kNestingMax);
    text += ')';
    functions.push_back(Parser{text, names}.parse());
  }
  for (auto& function : functions) resolve(*function, &globals);
  for (auto& function : functions) fold(function);
  for (auto& function : functions) {
    Code code;
    lower(*function, code);
    checksum.add(most_alive(code));
    emit(code, assembly);
  }
  checksum.add(assembly.substr(0, 1u << 20));
  checksum.add(assembly.size());
}

}  // namespace
}  // namespace cenote

int main() {
  cenote::Checksum checksum;
  for (std::uint64_t unit = 0; unit < cenote::kUnits; ++unit) cenote::compile_unit(unit, checksum);
  cenote::report_checksum(checksum.value());
}
