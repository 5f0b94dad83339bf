#include "dataset/verification_bin.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/files.h"
#include "dataset/dealt_folds.h"
#include "tensor_file/pickle.h"

namespace massface {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kDtype = "numpy.dtype";
constexpr std::string_view kEncode = "_codecs.encode";
// NumPy 2 has moved the contents of numpy.core to numpy._core.
constexpr std::array<std::string_view, 2> kReconstruct = {"numpy.core.multiarray._reconstruct",
                                                          "numpy._core.multiarray._reconstruct"};
constexpr std::array<std::string_view, 2> kScalar = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"};
constexpr std::array<std::string_view, 7> kAllowed = {kReconstruct[0], kReconstruct[1], kScalar[0], kScalar[1],
                                                      "numpy.ndarray", kDtype,          kEncode};

bool calls_one_of(const PickleValue& value, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return value.calls(name); });
}

// The items of a call's or a state's tuple; empty if it is not a tuple.
std::span<const PickleValue* const> parts_of(const PickleValue* tuple) {
  if (tuple == nullptr || !tuple->is(Kind::kTuple)) return {};
  return tuple->items;
}

std::vector<uint8_t> bytes_of_text(std::string_view text) { return {text.begin(), text.end()}; }

class BinReader {
 public:
  explicit BinReader(const std::string& source) : source_(printable(source)) {}

  VerificationBin read(const PickleValue& root) const {
    const bool pair = (root.is(Kind::kTuple) || root.is(Kind::kList)) && root.items.size() == 2;
    expect(pair && root.items[0]->is(Kind::kList), "it is not a list of images and a list of booleans");
    VerificationBin bin;
    for (const PickleValue* image : root.items[0]->items) {
      bin.images.push_back(bytes_of(*image, fmt::format("image {}", bin.images.size())));
    }
    bin.same = booleans_of(*root.items[1]);
    expect(!bin.same.empty(), "it holds no pair");
    expect(bin.images.size() == 2 * bin.same.size(), "{} images for {} pairs, which need {}", bin.images.size(),
           bin.same.size(), 2 * bin.same.size());
    return bin;
  }

 private:
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (condition) return;
    fail("{}: damaged, or not a verification set in insightface's .bin format: {}.", source_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  // what: the name of the value in messages.
  std::vector<uint8_t> bytes_of(const PickleValue& value, const std::string& what) const {
    if (value.is(Kind::kBytes)) return bytes_of_text(value.text);
    if (value.calls(kEncode)) return latin1_bytes(value, what);
    expect(calls_one_of(value, kReconstruct), "{} is neither bytes nor an array", what);
    return array_bytes(value, "u1", what);
  }

  // Python 3 writes bytes in protocol 2 as _codecs.encode(text, "latin1"), each byte a code point of UTF-8.
  std::vector<uint8_t> latin1_bytes(const PickleValue& call, const std::string& what) const {
    const auto parts = parts_of(call.arguments);
    expect(parts.size() == 2 && parts[0]->is(Kind::kText) && parts[1]->text == "latin1", "{} is not latin1 text", what);
    const std::vector<uint8_t> utf8 = bytes_of_text(parts[0]->text);
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < utf8.size(); ++i) {
      if (utf8[i] < 0x80) {
        bytes.push_back(utf8[i]);
        continue;
      }
      const bool two = (utf8[i] == 0xc2 || utf8[i] == 0xc3) && i + 1 < utf8.size() && (utf8[i + 1] & 0xc0) == 0x80;
      expect(two, "{} is not latin1 text", what);
      bytes.push_back(static_cast<uint8_t>((utf8[i] << 6) | (utf8[i + 1] & 0x3f)));
      ++i;
    }
    return bytes;
  }

  // An array's state: (version, shape, dtype, is Fortran, bytes).
  std::vector<uint8_t> array_bytes(const PickleValue& array, std::string_view dtype, const std::string& what) const {
    const auto state = parts_of(array.state);
    expect(state.size() == 5 && state[1]->is(Kind::kTuple), "{} is an incomplete array", what);
    expect(is_dtype(*state[2], dtype), "{} is an array whose dtype is not {}", what, dtype);
    const bool encoded = state[4]->calls(kEncode);
    expect(encoded || state[4]->is_text(), "{} is an array without bytes", what);
    const std::vector<uint8_t> bytes = encoded ? latin1_bytes(*state[4], what) : bytes_of_text(state[4]->text);
    expect(has_elements(*state[1], std::ssize(bytes)), "{} has {} bytes, which does not match its shape", what,
           bytes.size());
    return bytes;
  }

  // Returns whether the product of the shape is `count`. OpenCV's encoded images are columns, [bytes, 1].
  static bool has_elements(const PickleValue& shape, int64_t count) {
    int64_t product = 1;
    for (const PickleValue* size : shape.items) {
      if (!size->is(Kind::kInteger) || size->integer < 0) return false;
      if (__builtin_mul_overflow(product, size->integer, &product)) return false;
    }
    return product == count;
  }

  static bool is_dtype(const PickleValue& value, std::string_view name) {
    if (!value.calls(kDtype)) return false;
    const auto parts = parts_of(value.arguments);
    return !parts.empty() && parts[0]->is_text() && parts[0]->text == name;
  }

  std::vector<bool> booleans_of(const PickleValue& list) const {
    std::vector<bool> same;
    if (calls_one_of(list, kReconstruct)) {
      for (const uint8_t byte : array_bytes(list, "b1", "the array of booleans")) same.push_back(boolean(byte, same));
      return same;
    }
    expect(list.is(Kind::kList) || list.is(Kind::kTuple), "it has no list of booleans");
    for (const PickleValue* value : list.items) same.push_back(boolean(number_of(*value, same), same));
    return same;
  }

  int64_t number_of(const PickleValue& value, const std::vector<bool>& before) const {
    if (value.is(Kind::kBool) || value.is(Kind::kInteger)) return value.integer;
    const auto parts = calls_one_of(value, kScalar) ? parts_of(value.arguments) : parts_of(nullptr);
    expect(parts.size() == 2 && is_dtype(*parts[0], "b1"), "the boolean of pair {} is not a boolean", before.size());
    const std::vector<uint8_t> bytes = bytes_of(*parts[1], fmt::format("the boolean of pair {}", before.size()));
    return bytes.size() == 1 ? bytes[0] : -1;
  }

  bool boolean(int64_t number, const std::vector<bool>& before) const {
    expect(number == 0 || number == 1, "the boolean of pair {} is {}", before.size(), number);
    return number == 1;
  }

  std::string source_;
};

}  // namespace

VerificationBin decode_verification_bin(std::span<const uint8_t> bytes, const std::string& source) {
  const Pickle pickle = read_pickle(bytes, source, kAllowed);
  return BinReader(source).read(*pickle.root);
}

VerificationBin read_verification_bin(const std::filesystem::path& path) {
  return decode_verification_bin(read_file(path), path.string());
}

VerificationPairs verification_pairs(const VerificationBin& bin) {
  const std::vector<int64_t> fold_of_pair = dealt_folds(bin.same);
  VerificationPairs result;
  result.num_folds = fold_of_pair.empty() ? 0 : *std::ranges::max_element(fold_of_pair) + 1;
  for (size_t i = 0; i < fold_of_pair.size(); ++i) {
    result.pairs.push_back({std::to_string(2 * i), std::to_string(2 * i + 1), bin.same[i], fold_of_pair[i]});
  }
  return result;
}

}  // namespace massface
