#include "tensor_file/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/error.h"
#include "core/files.h"
#include "tensor_file/executing_globals.h"
#include "tensor_file/pickle_input.h"
#include "tensor_file/pickle_opcodes.h"
#include "tensor_file/pickle_stack.h"

namespace massface {
namespace {

using namespace pickle_opcode;
using Kind = PickleValue::Kind;

constexpr size_t kMaxNameBytes = 256;  // of a module, or of a name in it

class Unpickler {
 public:
  Unpickler(std::span<const uint8_t> bytes, const std::string& source, std::span<const std::string_view> known,
            UnknownGlobals unknown)
      : input_(bytes, source), stack_(input_), known_(known), unknown_(unknown) {}
  Unpickler(const Unpickler&) = delete;  // the stack refers to the input

  Pickle run() {
    const auto first = input_.read<uint8_t>();
    const auto protocol = input_.read<uint8_t>();
    input_.expect(first == kProto && protocol >= 2 && protocol <= 5,
                  "it does not begin like a pickle of protocol 2 to 5. Write it again with pickle.dump(object, file, "
                  "protocol=2)");
    while (true) {
      const uint8_t opcode = input_.read_opcode();
      if (opcode == kStop) return stack_.finish();
      step(opcode);
    }
  }

 private:
  void step(uint8_t opcode) {
    if (scalar(opcode) || text(opcode) || container(opcode) || object(opcode) || memo(opcode)) return;
    input_.expect(false, "the opcode {:#04x}, which Python does not write for data", opcode);
  }

  // The opcodes, one function per group. Each returns whether the opcode belongs to its group.

  bool scalar(uint8_t opcode) {
    const auto integer = [&](Kind kind, int64_t value) {
      stack_.push(kind).integer = value;
      return true;
    };
    switch (opcode) {
      case kNone:
        stack_.push(Kind::kNone);
        return true;
      case kNewTrue:
        return integer(Kind::kBool, 1);
      case kNewFalse:
        return integer(Kind::kBool, 0);
      case kBinInt:
        return integer(Kind::kInteger, input_.read<int32_t>());
      case kBinInt1:
        return integer(Kind::kInteger, input_.read<uint8_t>());
      case kBinInt2:
        return integer(Kind::kInteger, input_.read<uint16_t>());
      case kLong1:
        push_long(input_.take(input_.read<uint8_t>()));
        return true;
      case kLong4:
        push_long(input_.take(input_.read<uint32_t>()));
        return true;
      case kBinFloat:
        stack_.push(Kind::kFloat).number = std::bit_cast<double>(__builtin_bswap64(input_.read<uint64_t>()));
        return true;
      default:
        return false;
    }
  }

  void push_long(std::string_view bytes) {
    if (bytes.size() > 8) {
      stack_.push(Kind::kBigInteger).text = bytes;
      return;
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    int64_t value = negative ? -1 : 0;  // missing bytes repeat the sign
    std::memcpy(&value, bytes.data(), bytes.size());
    stack_.push(Kind::kInteger).integer = value;
  }

  bool text(uint8_t opcode) {
    const auto piece = [&](Kind kind, uint64_t length) {
      const std::string_view bytes = input_.take(length);
      stack_.push(kind).text = bytes;
      return true;
    };
    switch (opcode) {
      case kShortBinUnicode:
        return piece(Kind::kText, input_.read<uint8_t>());
      case kBinUnicode:
        return piece(Kind::kText, input_.read<uint32_t>());
      case kBinUnicode8:
        return piece(Kind::kText, input_.read<uint64_t>());
      case kShortBinString:
      case kShortBinBytes:
        return piece(Kind::kBytes, input_.read<uint8_t>());
      case kBinString:
      case kBinBytes:
        return piece(Kind::kBytes, input_.read<uint32_t>());
      case kBinBytes8:
      case kByteArray8:
        return piece(Kind::kBytes, input_.read<uint64_t>());
      default:
        return false;
    }
  }

  bool container(uint8_t opcode) {
    switch (opcode) {
      case kMark:
        stack_.mark();
        return true;
      case kEmptyTuple:
        stack_.push(Kind::kTuple);
        return true;
      case kEmptyList:
        stack_.push(Kind::kList);
        return true;
      case kEmptyDict:
        stack_.push(Kind::kDict);
        return true;
      case kEmptySet:
        stack_.push(Kind::kInert).text = "set";
        return true;
      case kAddItems:
        stack_.pop_to_mark();
        input_.expect(stack_.top().is(Kind::kInert), "an item is added to a value that is not a set");
        return true;
      case kFrozenSet:
        stack_.pop_to_mark();
        stack_.push(Kind::kInert).text = "frozenset";
        return true;
      case kTuple1:
        stack_.push_tuple(stack_.pop_last(1));
        return true;
      case kTuple2:
        stack_.push_tuple(stack_.pop_last(2));
        return true;
      case kTuple3:
        stack_.push_tuple(stack_.pop_last(3));
        return true;
      case kTuple:
        stack_.push_tuple(stack_.pop_to_mark());
        return true;
      case kAppend:
        stack_.append(stack_.pop_last(1));
        return true;
      case kAppends:
        stack_.append(stack_.pop_to_mark());
        return true;
      case kSetItem:
        stack_.set_entries(stack_.pop_last(2));
        return true;
      case kSetItems:
        stack_.set_entries(stack_.pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool object(uint8_t opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string_view module = input_.take_line(kMaxNameBytes);
        push_global(module, input_.take_line(kMaxNameBytes));
        return true;
      }
      case kStackGlobal: {
        const PickleValue &name = stack_.pop(), &module = stack_.pop();
        input_.expect(name.is_text() && module.is_text(), "a name that is not a string");
        push_global(module.text, name.text);
        return true;
      }
      case kReduce:
      case kNewObj: {
        PickleValue &arguments = stack_.pop(), &callee = stack_.pop();
        call(callee, arguments);
        return true;
      }
      case kNewObjEx: {
        stack_.pop();
        PickleValue &arguments = stack_.pop(), &callee = stack_.pop();
        input_.expect(!is_known(callee.text), "arguments with names for {}", printable(callee.text));
        call(callee, arguments);
        return true;
      }
      case kBuild: {
        PickleValue& state = stack_.pop();
        if (stack_.top().is(Kind::kInert)) return true;
        input_.expect(stack_.top().is(Kind::kCall), "a state is given to a value that was not constructed");
        stack_.adopt(stack_.top(), state);
        stack_.top().state = &state;
        return true;
      }
      case kBinPersId: {
        PickleValue& id = stack_.pop();
        PickleValue& persistent = stack_.push(Kind::kPersistent);
        stack_.adopt(persistent, id);
        persistent.arguments = &id;
        return true;
      }
      default:
        return false;
    }
  }

  bool is_known(std::string_view global) const { return std::ranges::find(known_, global) != known_.end(); }

  void push_global(std::string_view module, std::string_view name) {
    const std::string whole =
        std::string(module.substr(0, kMaxNameBytes)) + "." + std::string(name.substr(0, kMaxNameBytes));
    const auto found = std::ranges::find(known_, whole);
    if (found != known_.end()) {
      stack_.push(Kind::kGlobal).text = *found;
      return;
    }
    const bool is_getattr = whole == "builtins.getattr" || whole == "__builtin__.getattr";
    require(unknown_ == UnknownGlobals::kSkip && (is_getattr || !would_execute(whole)),
            "{}: refused: byte {} of its pickle names {}, which tensors and lists of images do not need. Python would "
            "call whatever is named there, so do not load it with Python either unless you trust its origin.",
            input_.source(), input_.opcode_position(), printable(whole));
    stack_.push_unknown_global(whole);
  }

  // PyTorch before 1.6 wrote the class of a network as the persistent id ("module", class, file, source).
  static const PickleValue& class_of(const PickleValue& callee) {
    if (!callee.is(Kind::kPersistent) || callee.arguments->items.size() != 4) return callee;
    return *callee.arguments->items[1];
  }

  void call(const PickleValue& called, PickleValue& arguments) {
    const PickleValue& callee = class_of(called);
    input_.expect(callee.is(Kind::kGlobal) && arguments.is(Kind::kTuple),
                  "a call of something that is not a constructor");
    if (is_known(callee.text)) {
      PickleValue& call = stack_.push(Kind::kCall);
      stack_.adopt(call, arguments);
      call.text = callee.text;
      call.arguments = &arguments;
    } else if (callee.text.ends_with(".getattr")) {
      push_inner_class(arguments);
    } else {
      stack_.push(Kind::kInert).text = callee.text;
    }
  }

  // Up to protocol 3, Python writes the class Trainer.Options as getattr(Trainer, "Options").
  void push_inner_class(const PickleValue& arguments) {
    const auto& items = arguments.items;
    input_.expect(items.size() == 2 && items[0]->is(Kind::kGlobal) && items[1]->is_text(),
                  "getattr of something that is not a class");
    push_global(items[0]->text, items[1]->text);
  }

  bool memo(uint8_t opcode) {
    switch (opcode) {
      case kBinPut:
        stack_.remember(input_.read<uint8_t>());
        return true;
      case kLongBinPut:
        stack_.remember(input_.read<uint32_t>());
        return true;
      case kMemoize:
        stack_.remember_next();
        return true;
      case kBinGet:
        stack_.recall(input_.read<uint8_t>());
        return true;
      case kLongBinGet:
        stack_.recall(input_.read<uint32_t>());
        return true;
      case kFrame:
        input_.expect(input_.read<uint64_t>() <= input_.remaining(), "a frame beyond the end");
        return true;
      default:
        return false;
    }
  }

  PickleInput input_;
  PickleStack stack_;
  std::span<const std::string_view> known_;
  UnknownGlobals unknown_;
};

}  // namespace

Pickle read_pickle(std::span<const uint8_t> bytes, const std::string& source, std::span<const std::string_view> known,
                   UnknownGlobals unknown) {
  return Unpickler(bytes, source, known, unknown).run();
}

}  // namespace massface
