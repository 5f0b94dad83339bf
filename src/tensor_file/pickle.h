#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// A value that a Python pickle describes. Nothing is executed: the call of a constructor remains a description of that
// call, and the code that reads the tree decides what it means.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer
    kInteger,     // integer
    kBigInteger,  // text: little-endian two's complement of more than 8 bytes
    kFloat,       // number
    kText,        // text
    kBytes,       // text: any bytes; also Python 2's str, which may be either
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // text: "torch.FloatStorage"
    kCall,        // text: the callee; arguments; items as in a dict, if entries were set afterwards
    kPersistent,  // arguments: the id
    kInert,       // text: its class, which the reader does not know, or "set"; what it consists of is not kept
  };

  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;
  std::vector<const PickleValue*> items;
  const PickleValue* arguments = nullptr;  // kCall: a tuple; kPersistent: any value; otherwise null
  const PickleValue* state = nullptr;      // the state that BUILD gives to a call, or null

  int depth = 1;                  // levels of values below and including this one
  int64_t unfolded = 1;           // values below and including this one, shared ones counted each time
  bool belongs_to_other = false;  // part of another value, and therefore complete

  bool is(Kind other) const { return kind == other; }
  bool is_text() const { return kind == Kind::kText || kind == Kind::kBytes; }
  bool calls(std::string_view name) const { return kind == Kind::kCall && text == name; }
};

struct Pickle {
  std::deque<PickleValue> values;  // owns all values, in the order of the input; `root` is one of them
  std::set<std::string, std::less<>> unknown_globals;  // owns the text of values of the kinds kGlobal and kInert
  const PickleValue* root = nullptr;
  size_t num_bytes = 0;  // of the input, up to and including STOP
};

// Limits on the depth of every value of a Pickle and on the number of values below it, shared ones counted each time: a
// tree can be walked without further checks.
constexpr int kMaxPickleDepth = 64;
constexpr int64_t kMaxPickleValues = 2'000'000;

constexpr size_t kMaxUnknownGlobals = 10'000;

// What happens to a global that the reader does not know, such as argparse.Namespace. Skipped, it and the values made
// of it become kInert, and its parts are forgotten; if it belongs to those that run commands
// (tensor_file/executing_globals.h), the pickle is refused all the same.
enum class UnknownGlobals { kRefuse, kSkip };

// Reads one pickle of protocol 2 to 5 from the start of `bytes`. The result refers to `bytes` and `known`, which must
// outlive it. known: the globals that the caller interprets, "module.name". Opcodes beyond those that Python writes for
// data are refused, as are values that contain themselves, unless through a value that is skipped. Throws Error naming
// `source`, the byte and the fault: a global that is refused (by its name), an opcode, a size beyond the end, or more
// depth, values or unknown globals than the limits above.
Pickle read_pickle(std::span<const uint8_t> bytes, const std::string& source, std::span<const std::string_view> known,
                   UnknownGlobals unknown = UnknownGlobals::kRefuse);

}  // namespace massface
