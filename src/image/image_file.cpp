#include "image/image_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <stdexcept>

#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr size_t kStartBytes = 512;
// Up to this size, reading all of a file costs less than looking at it twice.
constexpr uintmax_t kLarge = uintmax_t{1} << 24;
// No photograph is larger: the largest that are decoded have 2^31 bytes of pixels.
constexpr uintmax_t kLargest = uintmax_t{1} << 30;

}  // namespace

void require_image_file(const fs::path& file) {
  std::error_code unreachable;
  const fs::file_status status = fs::status(file, unreachable);
  if (fs::is_directory(status)) {
    const fs::directory_iterator entries(file, unreachable);
    require(!unreachable, "the folder {} cannot be read: {}", printable(file.native()), unreachable.message());
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw BadImage("it is a folder, a pipe or a device, not a file");  // opening a pipe could wait for ever
  }
  std::ifstream stream(file, std::ios::binary);
  require(stream.good(), "cannot read {}: {}", printable(file.native()), std::strerror(errno));
  std::vector<uint8_t> start(kStartBytes);
  stream.read(reinterpret_cast<char*>(start.data()), kStartBytes);
  start.resize(static_cast<size_t>(stream.gcount()));
  require_image_start(start);
}

std::vector<uint8_t> read_image_file(const fs::path& file) {
  std::error_code unreachable;  // read_file() names the reason
  const uintmax_t size = fs::file_size(file, unreachable);
  if (unreachable || size <= kLarge) return read_file(file);
  require_image_file(file);
  if (size > kLargest) {
    throw TooLargeImage(
        fmt::format("it has {} MB, more than the {} MB of the largest images", size >> 20, kLargest >> 20));
  }
  const auto refuse = [size] {
    throw TooLargeImage(fmt::format("there is not enough memory for its {} MB", (size >> 20) + 1));
  };
  try {
    return read_file(file);
  } catch (const std::bad_alloc&) {
    refuse();
  } catch (const std::length_error&) {
    refuse();
  }
  return {};
}

}  // namespace massface
