#include "tensor_file/pickle_stack.h"

#include <algorithm>
#include <utility>

namespace massface {

using Kind = PickleValue::Kind;

PickleValue& PickleStack::push(Kind kind) {
  input_.expect(std::ssize(result_.values) < kMaxPickleValues, "more than {} values", kMaxPickleValues);
  PickleValue& value = result_.values.emplace_back();
  value.kind = kind;
  stack_.push_back(&value);
  return value;
}

PickleValue& PickleStack::top() const {
  input_.expect(stack_.size() > floor(), "a value is missing");
  return *stack_.back();
}

PickleValue& PickleStack::pop() {
  PickleValue& value = top();
  stack_.pop_back();
  return value;
}

std::vector<PickleValue*> PickleStack::pop_last(size_t count) {
  input_.expect(stack_.size() - floor() >= count, "a value is missing");
  const auto begin = stack_.end() - static_cast<ptrdiff_t>(count);
  std::vector<PickleValue*> values(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  return values;
}

std::vector<PickleValue*> PickleStack::pop_to_mark() {
  input_.expect(!marks_.empty(), "a mark is missing");
  std::vector<PickleValue*> values = pop_last(stack_.size() - floor());
  marks_.pop_back();
  return values;
}

void PickleStack::adopt(PickleValue& whole, PickleValue& part) {
  input_.expect(&whole != &part && !whole.belongs_to_other, "a value is changed after it became part of another");
  part.belongs_to_other = true;
  whole.depth = std::max(whole.depth, part.depth + 1);
  whole.unfolded += part.unfolded;
  input_.expect(whole.depth <= kMaxPickleDepth, "values are nested beyond {} levels", kMaxPickleDepth);
  input_.expect(whole.unfolded <= kMaxPickleValues, "it unfolds to more than {} values", kMaxPickleValues);
}

void PickleStack::add_item(PickleValue& whole, PickleValue& part) {
  adopt(whole, part);
  whole.items.push_back(&part);
}

void PickleStack::push_tuple(const std::vector<PickleValue*>& parts) {
  PickleValue& tuple = push(Kind::kTuple);
  for (PickleValue* part : parts) add_item(tuple, *part);
}

void PickleStack::push_unknown_global(const std::string& name) {
  auto& names = result_.unknown_globals;
  const auto place = names.insert(name).first;
  input_.expect(names.size() <= kMaxUnknownGlobals, "more than {} names", kMaxUnknownGlobals);
  push(Kind::kGlobal).text = *place;
}

void PickleStack::append(const std::vector<PickleValue*>& parts) {
  if (top().is(Kind::kInert)) return;
  input_.expect(top().is(Kind::kList), "something is appended to a value that is not a list");
  for (PickleValue* part : parts) add_item(top(), *part);
}

void PickleStack::set_entries(const std::vector<PickleValue*>& parts) {
  if (top().is(Kind::kInert)) return;
  input_.expect(top().is(Kind::kDict) || top().is(Kind::kCall), "an entry is set in a value that is not a dict");
  input_.expect(parts.size() % 2 == 0, "a key without a value");
  for (PickleValue* part : parts) add_item(top(), *part);
}

// One byte of input each, which would otherwise grow to fifty bytes of memory.
void PickleStack::mark() {
  input_.expect(std::ssize(marks_) < kMaxPickleValues, "more than {} marks", kMaxPickleValues);
  marks_.push_back(stack_.size());
}

void PickleStack::remember(uint32_t index) {
  input_.expect(std::ssize(memo_) < kMaxPickleValues, "more than {} values are kept", kMaxPickleValues);
  memo_[index] = &top();
}

void PickleStack::recall(uint32_t index) {
  const auto found = memo_.find(index);
  input_.expect(found != memo_.end(), "the value {} is used but was never kept", index);
  input_.expect(std::ssize(stack_) < kMaxPickleValues, "more than {} values at once", kMaxPickleValues);
  stack_.push_back(found->second);
}

Pickle PickleStack::finish() {
  input_.expect(stack_.size() == 1 && marks_.empty(), "it ends in the middle of a value");
  result_.root = stack_.front();
  result_.num_bytes = input_.position();
  return std::move(result_);
}

}  // namespace massface
