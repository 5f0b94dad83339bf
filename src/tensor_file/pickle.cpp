#include "tensor_file/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

using Kind = PickleValue::Kind;

static_assert(std::endian::native == std::endian::little, "a pickle's numbers are little-endian");

// https://github.com/python/cpython/blob/main/Lib/pickletools.py describes each.
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kBinFloat = 'G',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96,
};

constexpr size_t kMaxNameBytes = 256;  // of a module, or of what is in it

class Unpickler {
 public:
  Unpickler(std::span<const uint8_t> bytes, const std::string& source, std::span<const std::string_view> allowed)
      : bytes_(bytes), source_(printable(source)), allowed_(allowed) {}

  Pickle run() {
    const auto first = read<uint8_t>();
    const auto protocol = read<uint8_t>();
    expect(first == kProto && protocol >= 2 && protocol <= 5,
           "it does not begin as a pickle of protocol 2 to 5 does. Write it again with pickle.dump(object, file, "
           "protocol=2)");
    while (true) {
      opcode_at_ = at_;
      const auto opcode = read<uint8_t>();
      if (opcode == kStop) break;
      step(opcode);
    }
    expect(stack_.size() == 1 && marks_.empty(), "it ends in the middle of a value");
    result_.root = stack_.front();
    result_.num_bytes = at_;
    return std::move(result_);
  }

 private:
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (condition) return;
    fail("{}: damaged, or not a pickle that MassFace reads: byte {}: {}.", source_, opcode_at_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  void step(uint8_t opcode) {
    if (scalar(opcode) || text(opcode) || container(opcode) || object(opcode) || memo(opcode)) return;
    expect(false, "the opcode {:#04x}, which neither tensors nor lists of images need", opcode);
  }

  // --- the input

  std::string_view take(uint64_t count) {
    expect(count <= bytes_.size() - at_, "{} bytes are announced, and {} are left", count, bytes_.size() - at_);
    const std::string_view taken(reinterpret_cast<const char*>(bytes_.data()) + at_, count);
    at_ += count;
    return taken;
  }

  template <typename Number>
  Number read() {
    Number number;
    std::memcpy(&number, take(sizeof(Number)).data(), sizeof(Number));
    return number;
  }

  std::string_view take_line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                std::min(bytes_.size() - at_, kMaxNameBytes + 1));
    const size_t end = rest.find('\n');
    expect(end != std::string_view::npos, "a name without an end");
    return take(end + 1).substr(0, end);
  }

  // --- the stack

  PickleValue& push(Kind kind) {
    expect(std::ssize(result_.values) < kMaxPickleValues, "more than {} values", kMaxPickleValues);
    PickleValue& value = result_.values.emplace_back();
    value.kind = kind;
    stack_.push_back(&value);
    return value;
  }

  // What lies above the innermost mark (the stack's bottom where there is none) belongs to an opcode yet to come.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue& top() const {
    expect(stack_.size() > floor(), "a value is missing");
    return *stack_.back();
  }

  PickleValue& pop() {
    PickleValue& value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<PickleValue*> pop_last(size_t count) {
    expect(stack_.size() - floor() >= count, "a value is missing");
    const auto begin = stack_.end() - static_cast<ptrdiff_t>(count);
    std::vector<PickleValue*> values(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return values;
  }

  std::vector<PickleValue*> pop_to_mark() {
    expect(!marks_.empty(), "a mark is missing");
    std::vector<PickleValue*> values = pop_last(stack_.size() - floor());
    marks_.pop_back();
    return values;
  }

  // --- trees

  // A value may be changed until it becomes a part of another. So no value can contain itself, and what is below a
  // value is known when it becomes a part.
  void adopt(PickleValue& whole, PickleValue& part) {
    expect(&whole != &part && !whole.belongs_to_other, "a value is changed after it became a part of another");
    part.belongs_to_other = true;
    whole.depth = std::max(whole.depth, part.depth + 1);
    whole.unfolded += part.unfolded;
    expect(whole.depth <= kMaxPickleDepth, "values within values beyond {} levels", kMaxPickleDepth);
    expect(whole.unfolded <= kMaxPickleValues, "it unfolds to more than {} values", kMaxPickleValues);
  }

  void add_item(PickleValue& whole, PickleValue& part) {
    adopt(whole, part);
    whole.items.push_back(&part);
  }

  void push_tuple(const std::vector<PickleValue*>& parts) {
    PickleValue& tuple = push(Kind::kTuple);
    for (PickleValue* part : parts) add_item(tuple, *part);
  }

  void append(const std::vector<PickleValue*>& parts) {
    expect(top().is(Kind::kList), "something is appended to what is no list");
    for (PickleValue* part : parts) add_item(top(), *part);
  }

  void set_entries(const std::vector<PickleValue*>& parts) {
    expect(top().is(Kind::kDict) || top().is(Kind::kCall), "an entry is set in what is no dict");
    expect(parts.size() % 2 == 0, "a key without a value");
    for (PickleValue* part : parts) add_item(top(), *part);
  }

  // --- the opcodes, each group in a function that says whether the opcode is one of it

  bool scalar(uint8_t opcode) {
    const auto integer = [&](Kind kind, int64_t value) {
      push(kind).integer = value;
      return true;
    };
    switch (opcode) {
      case kNone:
        push(Kind::kNone);
        return true;
      case kNewTrue:
        return integer(Kind::kBool, 1);
      case kNewFalse:
        return integer(Kind::kBool, 0);
      case kBinInt:
        return integer(Kind::kInteger, read<int32_t>());
      case kBinInt1:
        return integer(Kind::kInteger, read<uint8_t>());
      case kBinInt2:
        return integer(Kind::kInteger, read<uint16_t>());
      case kLong1:
        push_long(take(read<uint8_t>()));
        return true;
      case kBinFloat:
        push(Kind::kFloat).number = std::bit_cast<double>(__builtin_bswap64(read<uint64_t>()));
        return true;
      default:
        return false;
    }
  }

  void push_long(std::string_view bytes) {
    if (bytes.size() > 8) {
      push(Kind::kBigInteger).text = bytes;
      return;
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    int64_t value = negative ? -1 : 0;  // the bytes that are not there repeat the sign
    std::memcpy(&value, bytes.data(), bytes.size());
    push(Kind::kInteger).integer = value;
  }

  bool text(uint8_t opcode) {
    const auto piece = [&](Kind kind, uint64_t length) {
      const std::string_view bytes = take(length);
      push(kind).text = bytes;
      return true;
    };
    switch (opcode) {
      case kShortBinUnicode:
        return piece(Kind::kText, read<uint8_t>());
      case kBinUnicode:
        return piece(Kind::kText, read<uint32_t>());
      case kBinUnicode8:
        return piece(Kind::kText, read<uint64_t>());
      case kShortBinString:
      case kShortBinBytes:
        return piece(Kind::kBytes, read<uint8_t>());
      case kBinString:
      case kBinBytes:
        return piece(Kind::kBytes, read<uint32_t>());
      case kBinBytes8:
      case kByteArray8:
        return piece(Kind::kBytes, read<uint64_t>());
      default:
        return false;
    }
  }

  bool container(uint8_t opcode) {
    switch (opcode) {
      case kMark:
        marks_.push_back(stack_.size());
        return true;
      case kEmptyTuple:
        push(Kind::kTuple);
        return true;
      case kEmptyList:
        push(Kind::kList);
        return true;
      case kEmptyDict:
        push(Kind::kDict);
        return true;
      case kTuple1:
        push_tuple(pop_last(1));
        return true;
      case kTuple2:
        push_tuple(pop_last(2));
        return true;
      case kTuple3:
        push_tuple(pop_last(3));
        return true;
      case kTuple:
        push_tuple(pop_to_mark());
        return true;
      case kAppend:
        append(pop_last(1));
        return true;
      case kAppends:
        append(pop_to_mark());
        return true;
      case kSetItem:
        set_entries(pop_last(2));
        return true;
      case kSetItems:
        set_entries(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool object(uint8_t opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string_view module = take_line();
        push_global(module, take_line());
        return true;
      }
      case kStackGlobal: {
        const PickleValue &name = pop(), &module = pop();
        expect(name.is_text() && module.is_text(), "a name that is no text");
        push_global(module.text, name.text);
        return true;
      }
      case kReduce:
        reduce();
        return true;
      case kBuild: {
        PickleValue& state = pop();
        expect(top().is(Kind::kCall), "a state is given to what was not constructed");
        adopt(top(), state);
        top().state = &state;
        return true;
      }
      case kBinPersId: {
        PickleValue& id = pop();
        PickleValue& persistent = push(Kind::kPersistent);
        adopt(persistent, id);
        persistent.arguments = &id;
        return true;
      }
      default:
        return false;
    }
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::string whole =
        std::string(module.substr(0, kMaxNameBytes)) + "." + std::string(name.substr(0, kMaxNameBytes));
    const auto found = std::ranges::find(allowed_, whole);
    require(found != allowed_.end(),
            "{}: refused: byte {} of its pickle names {}, which tensors and lists of images do not need. Python would "
            "call whatever is named there, so do not load it with Python either unless you trust where it comes from.",
            source_, opcode_at_, printable(whole));
    push(Kind::kGlobal).text = *found;
  }

  void reduce() {
    PickleValue &arguments = pop(), &callee = pop();
    expect(callee.is(Kind::kGlobal) && arguments.is(Kind::kTuple), "a call of what is no constructor");
    PickleValue& call = push(Kind::kCall);
    adopt(call, arguments);
    call.text = callee.text;
    call.arguments = &arguments;
  }

  bool memo(uint8_t opcode) {
    switch (opcode) {
      case kBinPut:
        memo_[read<uint8_t>()] = &top();
        return true;
      case kLongBinPut:
        memo_[read<uint32_t>()] = &top();
        return true;
      case kMemoize:
        memo_[static_cast<uint32_t>(memo_.size())] = &top();
        return true;
      case kBinGet:
        recall(read<uint8_t>());
        return true;
      case kLongBinGet:
        recall(read<uint32_t>());
        return true;
      case kFrame:
        expect(read<uint64_t>() <= bytes_.size() - at_, "a frame beyond the end");
        return true;
      default:
        return false;
    }
  }

  void recall(uint32_t index) {
    const auto found = memo_.find(index);
    expect(found != memo_.end(), "the value {} is used and was never kept", index);
    stack_.push_back(found->second);
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  size_t opcode_at_ = 0;
  std::string source_;
  std::span<const std::string_view> allowed_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // the stack's sizes when they were set
  std::unordered_map<uint32_t, PickleValue*> memo_;
  Pickle result_;
};

}  // namespace

Pickle read_pickle(std::span<const uint8_t> bytes, const std::string& source,
                   std::span<const std::string_view> allowed) {
  return Unpickler(bytes, source, allowed).run();
}

}  // namespace massface
