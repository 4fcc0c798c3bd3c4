#include "parser.hpp"

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

Node* Parser::parse(std::string_view text) {
  rest_ = text;
  return attempt([this] {
    Node* const tree = statement();
    skip_spaces();
    return rest_.empty() ? tree : nullptr;
  });
}

template <class Rule>
Node* Parser::attempt(Rule rule) {
  ++attempts_;
  const cenote::Checkpoint before = arena_.checkpoint();
  const std::string_view text = rest_;
  Node* const node = rule();
  if (node == nullptr) {
    ++given_up_;
    rest_ = text;
    arena_.restore(before);
  }
  return node;
}

Node* Parser::statement() {
  if (Node* const node = attempt([this] { return assignment(); })) return node;
  return attempt([this] { return sum(); });
}

Node* Parser::assignment() {
  Node* const left = target();
  if (left == nullptr || !take('=')) return nullptr;
  left->next = sum();
  return left->next != nullptr ? make(Node::Kind::assign, {}, left) : nullptr;
}

Node* Parser::target() {
  skip_spaces();
  const std::string_view name = take_while(is_letter);
  if (name.empty()) return nullptr;
  Node* node = make(Node::Kind::name, name);
  while (take('[')) {
    node->next = sum();
    if (node->next == nullptr || !take(']')) return nullptr;
    node = make(Node::Kind::index, {}, node);
  }
  return node;
}

Node* Parser::sum() {
  return chain([this] { return product(); }, '+', Node::Kind::add, '-', Node::Kind::subtract);
}

Node* Parser::product() {
  return chain([this] { return factor(); }, '*', Node::Kind::multiply, '*', Node::Kind::multiply);
}

template <class Operand>
Node* Parser::chain(Operand operand, char sign, Node::Kind kind, char other_sign, Node::Kind other_kind) {
  Node* left = operand();
  while (left != nullptr) {
    const bool is_first = take(sign);
    if (!is_first && !take(other_sign)) break;
    left->next = operand();
    if (left->next == nullptr) return nullptr;
    left = make(is_first ? kind : other_kind, {}, left);
  }
  return left;
}

Node* Parser::factor() {
  if (Node* const node = attempt([this] { return number(); })) return node;
  if (Node* const node = attempt([this] { return parenthesised(); })) return node;
  if (Node* const node = attempt([this] { return call(); })) return node;
  return attempt([this] { return target(); });
}

Node* Parser::number() {
  skip_spaces();
  const std::string_view digits = take_while(is_digit);
  return digits.empty() ? nullptr : make(Node::Kind::number, digits);
}

Node* Parser::parenthesised() {
  if (!take('(')) return nullptr;
  Node* const node = sum();
  return node != nullptr && take(')') ? node : nullptr;
}

Node* Parser::call() {
  skip_spaces();
  const std::string_view name = take_while(is_letter);
  if (name.empty() || !take('(')) return nullptr;
  Node* const node = make(Node::Kind::call, name);
  if (take(')')) return node;
  for (Node** link = &node->first;; link = &(*link)->next) {
    *link = sum();
    if (*link == nullptr) return nullptr;
    if (take(')')) return node;
    if (!take(',')) return nullptr;
  }
}

Node* Parser::make(Node::Kind kind, std::string_view text, Node* first) {
  return arena_.make<Node>(kind, text, first);
}

std::string_view Parser::take_while(bool (*belongs)(char)) {
  std::size_t length = 0;
  while (length < rest_.size() && belongs(rest_[length])) ++length;
  const std::string_view taken = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return taken;
}

bool Parser::take(char wanted) {
  skip_spaces();
  if (rest_.empty() || rest_.front() != wanted) return false;
  rest_.remove_prefix(1);
  return true;
}

void Parser::skip_spaces() {
  while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
}

void print(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::number:
    case Node::Kind::name:
      out += node.text;
      return;
    case Node::Kind::index:
      out += "([]";
      break;
    case Node::Kind::call:
      (out += '(') += node.text;
      break;
    case Node::Kind::add:
      out += "(+";
      break;
    case Node::Kind::subtract:
      out += "(-";
      break;
    case Node::Kind::multiply:
      out += "(*";
      break;
    case Node::Kind::assign:
      out += "(=";
      break;
  }
  for (const Node* child = node.first; child != nullptr; child = child->next) {
    out += ' ';
    print(*child, out);
  }
  out += ')';
}

std::size_t count(const Node& node) {
  std::size_t nodes = 1;
  for (const Node* child = node.first; child != nullptr; child = child->next) nodes += count(*child);
  return nodes;
}
