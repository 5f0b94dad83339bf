#include "dataset/verification_pairs.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/text_lines.h"
#include "dataset/pair_list.h"

namespace massface {
namespace {

// The hash_of() of the official file's pairs: 10 folds of 300 and 300 pairs of other people are not LFW.
constexpr uint64_t kLfwView2Hash = 0xb6aa589c29303fd6;

struct Header {
  int64_t folds;
  int64_t pairs;  // matched, and as many mismatched, in each fold
};

// Between tabs, names may contain spaces. A line that mixes both separators has no such names.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields = cut_fields(line);
  if (fields.size() == 3 || fields.size() == 4) return fields;
  return cut_fields(line, " \t");
}

std::optional<int64_t> positive(std::string_view field) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || value < 1) return std::nullopt;
  return value;
}

// A line and its position for messages.
struct PairsLine {
  std::string place;  // "pairs.txt:12"
  std::string_view text;
  std::vector<std::string_view> fields;
};

std::vector<PairsLine> lines_of(const std::string& text, const std::string& file) {
  std::vector<PairsLine> lines;
  for (const TextLine& line : text_lines(text)) {
    auto fields = fields_of(line.text);
    if (!fields.empty()) lines.push_back({fmt::format("{}:{}", file, line.number), line.text, std::move(fields)});
  }
  return lines;
}

Header read_header(const PairsLine& line) {
  constexpr const char* kExpected = "Expected `FOLDS PAIRS`, such as `10 300`, or `PAIRS` for one fold";
  const size_t count = line.fields.size();
  require(count != 3 && count != 4, "{}: the header is missing: the file begins with the pair \"{}\". {}", line.place,
          printable(line.text), kExpected);
  const auto first = positive(line.fields.front());
  const auto last = positive(line.fields.back());
  // Larger than any file needs, and small enough that the number of pairs cannot overflow.
  constexpr int64_t kMost = 1'000'000'000;
  require(count <= 2 && first && last && *first <= kMost && *last <= kMost, "{}: \"{}\" is not a header. {}",
          line.place, printable(line.text.substr(0, 200)), kExpected);
  return count == 1 ? Header{1, *first} : Header{*first, *last};
}

int64_t read_number(const PairsLine& line, size_t field) {
  const auto number = positive(line.fields[field]);
  require(number.has_value(), "{}: \"{}\" is not an image number; images are counted from 1", line.place,
          printable(line.fields[field]));
  return *number;
}

VerificationPair read_matched(const PairsLine& line) {
  require(line.fields.size() == 3, "{}: expected a matched pair, `NAME n m`, found \"{}\"", line.place,
          printable(line.text.substr(0, 200)));
  const std::string name(line.fields[0]);
  return {lfw_image_path(name, read_number(line, 1)), lfw_image_path(name, read_number(line, 2)), true};
}

VerificationPair read_mismatched(const PairsLine& line) {
  require(line.fields.size() == 4, "{}: expected a mismatched pair, `NAME1 n NAME2 m`, found \"{}\"", line.place,
          printable(line.text.substr(0, 200)));
  const std::string first(line.fields[0]), second(line.fields[2]);
  require(first != second, "{}: a mismatched pair of one person, {}", line.place, printable(first));
  return {lfw_image_path(first, read_number(line, 1)), lfw_image_path(second, read_number(line, 3)), false};
}

uint64_t hash_of(const std::vector<VerificationPair>& pairs) {
  uint64_t hash = 0;
  for (const VerificationPair& pair : pairs) {
    hash = hash64(pair.first, hash);
    hash = hash64(pair.second, hash);
  }
  return hash;
}

}  // namespace

VerificationPairs read_verification_pairs(const std::filesystem::path& path) {
  const std::string file = printable(path.native());
  require_text_file(path, "a file of pairs", "Expected a header, `FOLDS PAIRS`, and lines of pairs");
  const std::string text = read_text_file(path);
  if (is_pair_list(text)) return parse_pair_list(text, file);
  const std::vector<PairsLine> lines = lines_of(text, file);
  require(!lines.empty(), "{} is empty. Expected a header, `FOLDS PAIRS`, and lines of pairs", file);
  const Header header = read_header(lines.front());
  const int64_t pairs_in_fold = 2 * header.pairs;
  const auto found = static_cast<int64_t>(lines.size()) - 1;

  VerificationPairs result;
  result.num_folds = header.folds;
  for (int64_t i = 0; i < found; ++i) {
    const PairsLine& line = lines[static_cast<size_t>(i) + 1];
    const int64_t fold = i / pairs_in_fold;
    require(fold < header.folds, "{}: more pairs than the header's {} folds of {} matched and {} mismatched pairs",
            line.place, header.folds, header.pairs, header.pairs);
    result.pairs.push_back(i % pairs_in_fold < header.pairs ? read_matched(line) : read_mismatched(line));
    result.pairs.back().fold = fold;
  }
  require(
      found == header.folds * pairs_in_fold,
      "{}: the file ends after {} pairs, but the header announces {} folds of {} matched and {} mismatched pairs: {}",
      lines.back().place, found, header.folds, header.pairs, header.pairs, header.folds * pairs_in_fold);
  result.is_lfw_view2 = header.folds == 10 && header.pairs == 300 && hash_of(result.pairs) == kLfwView2Hash;
  return result;
}

std::string lfw_image_path(const std::string& person, int64_t number) {
  return fmt::format("{0}/{0}_{1:04}.jpg", person, number);
}

}  // namespace massface
