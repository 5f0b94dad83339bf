#include "tensor_file/npy.h"

#include <ATen/ops/empty.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

static_assert(std::endian::native == std::endian::little, "our .npy files are little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxNpyHeaderBytes = 1 << 20;  // of files to read; NumPy writes about 100
constexpr size_t kAlignment = 64;               // bytes; of the data, as NumPy writes it

struct NpyDtype {
  std::string_view name;
  std::string_view numpy_name;
  at::ScalarType type;
  int64_t bytes;
};

constexpr std::array<NpyDtype, 5> kNpyDtypes = {{{"<f4", "float32", at::kFloat, 4},
                                                 {"<f8", "float64", at::kDouble, 8},
                                                 {"<i4", "int32", at::kInt, 4},
                                                 {"<i8", "int64", at::kLong, 8},
                                                 {"|u1", "uint8", at::kByte, 1}}};

const NpyDtype& dtype_of(at::ScalarType type) {
  const auto dtype = std::ranges::find(kNpyDtypes, type, &NpyDtype::type);
  check(dtype != kNpyDtypes.end(), "a dtype that our .npy files support");
  return *dtype;
}

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

// The header is a Python dictionary of three entries, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class Header {
 public:
  Header(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  // wanted: the dtype to which the message advises converting.
  NpyDtype dtype(at::ScalarType wanted) const {
    const std::string_view value = value_of("'descr':");
    for (const NpyDtype& known : kNpyDtypes) {
      if (value.starts_with(fmt::format("'{}'", known.name))) return known;
    }
    const std::string_view shown = value.substr(0, std::min<size_t>(value.find(','), 100));
    fail(
        "{}: its dtype is {}, not one of <f4, <f8, <i4, <i8, |u1 (little-endian float32, float64, int32, int64, "
        "uint8). Convert it: numpy.save(FILE, array.astype(\"{}\"))",
        source_, printable(std::string(shown)), npy_dtype(wanted));
  }

  void require_c_order() const {
    require(value_of("'fortran_order':").starts_with("False"),
            "{}: it is in Fortran order. Save numpy.ascontiguousarray(array)", source_);
  }

  std::vector<int64_t> shape() const {
    std::string_view value = value_of("'shape':");
    const size_t end = value.find(')');
    require(value.starts_with("(") && end != std::string_view::npos, "{}: its header contains no shape", source_);
    value = value.substr(1, end - 1);
    std::vector<int64_t> shape;
    while (true) {
      value.remove_prefix(std::min(value.find_first_not_of(" ,"), value.size()));
      if (value.empty()) return shape;
      int64_t extent = -1;
      const auto [rest, mistake] = std::from_chars(value.data(), value.data() + value.size(), extent);
      require(mistake == std::errc() && extent >= 0 && shape.size() < 32, "{}: its shape cannot be read", source_);
      shape.push_back(extent);
      value.remove_prefix(static_cast<size_t>(rest - value.data()));
    }
  }

 private:
  std::string_view value_of(std::string_view key) const {
    const size_t at = text_.find(key);
    require(at != std::string_view::npos, "{}: its header lacks {}", source_, key);
    std::string_view value = text_.substr(at + key.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }

  std::string_view text_;
  const std::string& source_;
};

struct Layout {
  std::string_view header;
  size_t data_begin;
};

Layout layout_of(std::span<const uint8_t> bytes, const std::string& source) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  require(text.starts_with(kMagic) && text.size() >= 10, "{}: not an .npy file (numpy.save writes one)", source);
  const auto version = bytes[6];
  require(version >= 1 && version <= 3, "{}: .npy version {} is not supported (1 to 3 are)", source, version);
  const size_t length_bytes = version == 1 ? 2 : 4;
  require(text.size() >= 8 + length_bytes, "{}: truncated in its header", source);
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, length_bytes);
  const size_t begin = 8 + length_bytes;
  require(length <= kMaxNpyHeaderBytes, "{}: it announces a header of {} bytes (at most {})", source, length,
          kMaxNpyHeaderBytes);
  require(text.size() - begin >= length, "{}: truncated in its header", source);
  return {text.substr(begin, length), begin + length};
}

// Returns nothing if the product overflows, which an extent of 0 must not hide: LibTorch computes strides without it.
std::optional<int64_t> bytes_of(const std::vector<int64_t>& shape, int64_t element_bytes) {
  int64_t stride = element_bytes;
  bool is_empty = false;
  for (const int64_t extent : shape) {
    is_empty = is_empty || extent == 0;
    if (__builtin_mul_overflow(stride, std::max<int64_t>(extent, 1), &stride)) return std::nullopt;
  }
  return is_empty ? 0 : stride;
}

std::vector<uint8_t> header_of(std::string_view dtype, at::IntArrayRef shape) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", dtype, shape_text(shape));
  const size_t prefix = kMagic.size() + 4;
  header.append((kAlignment - (prefix + header.size() + 1) % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::vector<uint8_t> bytes(prefix + header.size());
  std::ranges::copy(kMagic, bytes.begin());
  const auto length = static_cast<uint16_t>(header.size());
  bytes[6] = 1;
  bytes[7] = 0;
  std::memcpy(&bytes[8], &length, sizeof(length));
  std::ranges::copy(header, bytes.begin() + static_cast<ptrdiff_t>(prefix));
  return bytes;
}

// text: valid UTF-8.
std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xc0) == 0x80 && !points.empty()) {
      points.back() = points.back() << 6 | (byte & 0x3f);
    } else {
      points.push_back(byte < 0x80 ? byte : byte < 0xe0 ? byte & 0x1f : byte < 0xf0 ? byte & 0x0f : byte & 0x07);
    }
  }
  return points;
}

}  // namespace

std::vector<uint8_t> npy_header(at::ScalarType type, at::IntArrayRef shape) {
  return header_of(npy_dtype(type), shape);
}

std::vector<uint8_t> encode_npy_texts(const std::vector<std::string>& texts) {
  std::vector<std::u32string> decoded;
  size_t longest = 1;
  for (const std::string& text : texts) {
    decoded.push_back(code_points(text));
    longest = std::max(longest, decoded.back().size());
  }
  std::vector<uint8_t> bytes = header_of(fmt::format("<U{}", longest), {std::ssize(texts)});
  for (std::u32string& text : decoded) {
    text.resize(longest, U'\0');
    const auto* begin = reinterpret_cast<const uint8_t*>(text.data());
    bytes.insert(bytes.end(), begin, begin + text.size() * sizeof(char32_t));
  }
  return bytes;
}

std::vector<uint8_t> encode_npy(const Tensor& tensor) {
  const Tensor data = tensor.detach().to(at::kCPU).contiguous();
  std::vector<uint8_t> bytes = npy_header(data.scalar_type(), data.sizes());
  const auto* values = static_cast<const uint8_t*>(data.const_data_ptr());
  bytes.insert(bytes.end(), values, values + data.nbytes());
  return bytes;
}

Tensor decode_npy(std::span<const uint8_t> bytes, const std::string& source, at::ScalarType wanted) {
  const Layout layout = layout_of(bytes, source);
  const Header header(layout.header, source);
  const NpyDtype dtype = header.dtype(wanted);
  header.require_c_order();
  const std::vector<int64_t> shape = header.shape();
  const auto announced = bytes_of(shape, dtype.bytes);
  const auto present = static_cast<int64_t>(bytes.size() - layout.data_begin);
  require(announced == present, "{}: its shape {} of {} needs {} bytes of data, but there are {}", source,
          shape_text(shape), dtype.name, announced ? std::to_string(*announced) : "far too many", present);
  Tensor tensor = at::empty(shape, dtype.type);
  if (present > 0)
    std::memcpy(tensor.mutable_data_ptr(), bytes.data() + layout.data_begin, static_cast<size_t>(present));
  return tensor;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  write_file_atomically(path, encode_npy(tensor));
}

Tensor read_npy(const std::filesystem::path& path, at::ScalarType wanted) {
  return decode_npy(read_file(path), printable(path.native()), wanted);
}

std::string dtype_and_shape(const Tensor& tensor) {
  return fmt::format("{} [{}]", dtype_of(tensor.scalar_type()).numpy_name, fmt::join(tensor.sizes(), ", "));
}

std::string_view npy_dtype(at::ScalarType type) { return dtype_of(type).name; }

}  // namespace massface
