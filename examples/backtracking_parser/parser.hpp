/// Expressions whose meaning shows only at their end, parsed by trying: what a failed attempt built goes back
/// with one restore.
///
///     statement   = target "=" sum | sum                 which it is, only the "=" tells
///     target      = name { "[" sum "]" }
///     sum         = product { ("+" | "-") product }
///     product     = factor { "*" factor }
///     factor      = number | "(" sum ")" | call | target
///     call        = name "(" [ sum { "," sum } ] ")"     or a name alone
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <cenote/cenote.hpp>

/// A node of the tree, in the arena as all others: nobody frees it alone.
struct Node {
  enum class Kind { number, name, index, call, add, subtract, multiply, assign } kind;
  std::string_view text{};  // of a number, name or call: the input's
  Node* first = nullptr;
  Node* next = nullptr;  // sibling
};

class Parser {
 public:
  explicit Parser(cenote::Arena& arena) noexcept : arena_{arena} {}

  /// The tree; null when the text is no statement: then the arena is as it was before.
  Node* parse(std::string_view text);

  std::size_t attempts() const noexcept { return attempts_; }
  std::size_t given_up() const noexcept { return given_up_; }

 private:
  /// Runs one rule; when it fails, neither text nor memory is used up.
  template <class Rule>
  Node* attempt(Rule rule);

  Node* statement();
  Node* assignment();
  Node* target();
  Node* sum();
  Node* product();
  Node* factor();
  Node* number();
  Node* call();
  Node* parenthesised();

  template <class Operand>
  Node* chain(Operand operand, char sign, Node::Kind kind, char other_sign, Node::Kind other_kind);
  Node* make(Node::Kind kind, std::string_view text, Node* first = nullptr);
  std::string_view take_while(bool (*belongs)(char));
  bool take(char wanted);
  void skip_spaces();

  cenote::Arena& arena_;
  std::string_view rest_;
  std::size_t attempts_ = 0;
  std::size_t given_up_ = 0;
};

/// The tree in brackets: (= x (+ 1 2)).
void print(const Node& node, std::string& out);
/// Nodes of the tree.
std::size_t count(const Node& node);
