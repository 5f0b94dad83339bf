#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// A value that a Python pickle describes. Nothing is executed: a call of a constructor stays a description of that
// call, and whoever reads the tree decides what it means.
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
    kCall,        // text: what is called; arguments, and items as of a dict where entries were set afterwards
    kPersistent,  // arguments: the id
  };

  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;
  std::vector<const PickleValue*> items;
  const PickleValue* arguments = nullptr;  // of kCall a tuple, of kPersistent any value; of the others null
  const PickleValue* state = nullptr;      // what BUILD gives a call, or null

  int depth = 1;                  // levels of values below and including this one
  int64_t unfolded = 1;           // values below and including this one, those met twice counted twice
  bool belongs_to_other = false;  // it is part of another value, and complete

  bool is(Kind other) const { return kind == other; }
  bool is_text() const { return kind == Kind::kText || kind == Kind::kBytes; }
  bool calls(std::string_view name) const { return kind == Kind::kCall && text == name; }
};

struct Pickle {
  std::deque<PickleValue> values;  // owns them, in the order in which they were met; `root` is one of them
  const PickleValue* root = nullptr;
  size_t num_bytes = 0;  // of the input, up to and including its end mark
};

// No value of a Pickle has more of these below it, however often it shares its parts: a tree can be walked without
// care.
constexpr int kMaxPickleDepth = 64;
constexpr int64_t kMaxPickleValues = 2'000'000;

// Reads one pickle of protocol 2 to 5 from the start of `bytes`, to which the result's texts refer.
// allowed: the globals that it may name, "module.name"; `allowed` too must outlive the result. Opcodes beyond those
// that tensors and lists of images need are refused, as are values that contain themselves. Throws Error that names
// `source`, the byte, and what is wrong there: a global that is not allowed (by its name), an opcode, sizes beyond the
// end, more depth or values than above.
Pickle read_pickle(std::span<const uint8_t> bytes, const std::string& source,
                   std::span<const std::string_view> allowed);

}  // namespace massface
