#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/files.h"

namespace massface {

// Reads the bytes of a pickle from first to last; the only place that checks for their end. Internal to pickle.cpp.
class PickleInput {
 public:
  PickleInput(std::span<const uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(printable(source)) {}

  const std::string& source() const { return source_; }
  size_t position() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  size_t opcode_position() const { return opcode_at_; }

  // Throws Error unless the condition holds. The message names the byte of the opcode that was read last.
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (condition) return;
    fail("{}: damaged, or not a pickle that MassFace reads: byte {}: {}.", source_, opcode_at_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  uint8_t read_opcode() {
    opcode_at_ = at_;
    return read<uint8_t>();
  }

  std::string_view take(uint64_t count) {
    expect(count <= remaining(), "{} bytes are announced, but {} are left", count, remaining());
    const std::string_view taken(reinterpret_cast<const char*>(bytes_.data()) + at_, count);
    at_ += count;
    return taken;
  }

  template <typename Number>
  Number read() {
    static_assert(std::endian::native == std::endian::little, "a pickle's numbers are little-endian");
    Number number;
    std::memcpy(&number, take(sizeof(Number)).data(), sizeof(Number));
    return number;
  }

  // Returns the text up to the end of the line, and consumes the line break as well.
  std::string_view take_line(size_t max_bytes) {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                std::min(remaining(), max_bytes + 1));
    const size_t end = rest.find('\n');
    expect(end != std::string_view::npos, "a name that does not end");
    return take(end + 1).substr(0, end);
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  size_t opcode_at_ = 0;
  std::string source_;
};

}  // namespace massface
