#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor_file/pickle.h"
#include "tensor_file/pickle_input.h"

namespace massface {

// The stack machine that a pickle is a program of: its values, its marks and its memo. For pickle.cpp alone. Every
// function throws what PickleInput::expect throws when the program asks for what is not there.
class PickleStack {
 public:
  explicit PickleStack(const PickleInput& input) : input_(input) {}

  PickleValue& push(PickleValue::Kind kind);
  void push_tuple(const std::vector<PickleValue*>& parts);
  PickleValue& top() const;
  PickleValue& pop();
  std::vector<PickleValue*> pop_last(size_t count);

  void mark() { marks_.push_back(stack_.size()); }
  std::vector<PickleValue*> pop_to_mark();

  // To the list, or the dict or call, at the top. Entries are key, value, key, value, ...
  void append(const std::vector<PickleValue*>& parts);
  void set_entries(const std::vector<PickleValue*>& parts);

  // A value may be changed until it becomes a part of another. So no value can contain itself, and what is below a
  // value is known when it becomes a part.
  void adopt(PickleValue& whole, PickleValue& part);

  void remember(uint32_t index) { memo_[index] = &top(); }
  void remember_next() { remember(static_cast<uint32_t>(memo_.size())); }
  void recall(uint32_t index);

  // When the program has ended: its one value, and what owns it.
  Pickle finish();

 private:
  // What lies above the innermost mark (the stack's bottom where there is none) belongs to an opcode yet to come.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  void add_item(PickleValue& whole, PickleValue& part);

  const PickleInput& input_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // the stack's sizes when they were set
  std::unordered_map<uint32_t, PickleValue*> memo_;
  Pickle result_;
};

}  // namespace massface
