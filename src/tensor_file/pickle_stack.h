#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor_file/pickle.h"
#include "tensor_file/pickle_input.h"

namespace massface {

// The stack machine for which a pickle is a program: its values, its marks and its memo. Internal to pickle.cpp. Every
// function throws as PickleInput::expect does if the program asks for something that does not exist.
class PickleStack {
 public:
  explicit PickleStack(const PickleInput& input) : input_(input) {}

  PickleValue& push(PickleValue::Kind kind);
  void push_tuple(const std::vector<PickleValue*>& parts);
  // Pushes a kGlobal of which a copy of the name is kept.
  void push_unknown_global(const std::string& name);
  PickleValue& top() const;
  PickleValue& pop();
  std::vector<PickleValue*> pop_last(size_t count);

  void mark();
  std::vector<PickleValue*> pop_to_mark();

  // Add to the list (append) or to the dict or call (set_entries) at the top of the stack. Entries are key, value, key,
  // value, ... What is added to a kInert is forgotten.
  void append(const std::vector<PickleValue*>& parts);
  void set_entries(const std::vector<PickleValue*>& parts);

  // Makes `part` a part of `whole`. A value may be changed until it becomes a part of another. Therefore no value can
  // contain itself, and everything below a value is known when it becomes a part.
  void adopt(PickleValue& whole, PickleValue& part);

  void remember(uint32_t index);
  void remember_next() { remember(static_cast<uint32_t>(memo_.size())); }
  void recall(uint32_t index);

  // Called when the program has ended. Returns its one value and the owner of all values.
  Pickle finish();

 private:
  // The values above the innermost mark (above the bottom of the stack if there is no mark) belong to a later opcode.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  void add_item(PickleValue& whole, PickleValue& part);

  const PickleInput& input_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack when the marks were set
  std::unordered_map<uint32_t, PickleValue*> memo_;
  Pickle result_;
};

}  // namespace massface
