#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// For tests: writes pickles opcode by opcode, both valid and hostile ones.
class PickleWriter {
 public:
  explicit PickleWriter(uint8_t protocol = 2) { op(0x80).byte(protocol); }

  PickleWriter& op(int opcode) { return byte(static_cast<uint8_t>(opcode)); }
  PickleWriter& byte(uint8_t value) { return raw(std::string_view(reinterpret_cast<const char*>(&value), 1)); }
  PickleWriter& raw(std::string_view bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  template <typename Number>
  PickleWriter& number(Number value) {
    char bytes[sizeof(Number)];
    std::memcpy(bytes, &value, sizeof(Number));
    return raw({bytes, sizeof(Number)});
  }

  PickleWriter& text(std::string_view value) { return op('X').number(static_cast<uint32_t>(value.size())).raw(value); }
  PickleWriter& bytes(std::string_view value) { return op('B').number(static_cast<uint32_t>(value.size())).raw(value); }
  PickleWriter& integer(int64_t value) { return op(0x8a).byte(8).number(value); }
  PickleWriter& global(std::string_view module, std::string_view name) {
    return op('c').raw(module).op('\n').raw(name).op('\n');
  }
  // (value, value, ...), a tuple of whole numbers.
  PickleWriter& integers(const std::vector<int64_t>& values) {
    op('(');
    for (const int64_t value : values) integer(value);
    return op('t');
  }

  std::vector<uint8_t> stop() const {
    std::vector<uint8_t> whole = bytes_;
    whole.push_back('.');
    return whole;
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace massface
