#include "evaluation/folds.h"

#include <charconv>
#include <numeric>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

// Returns a whole number of at least 1, or 0 if the text is not one.
int64_t parse_fold(std::string_view text) {
  int64_t fold = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fold);
  return error == std::errc() && end == text.data() + text.size() && fold > 0 ? fold : 0;
}

}  // namespace

std::vector<int64_t> parse_folds(const std::string& text, int64_t num_folds) {
  if (text.empty()) {
    std::vector<int64_t> all(static_cast<size_t>(num_folds));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::set<int64_t> folds;
  std::string_view rest = text;
  while (true) {
    const std::string_view part = rest.substr(0, rest.find(','));
    const size_t dash = part.find('-');
    const int64_t first = parse_fold(part.substr(0, dash));
    const int64_t last = dash == std::string_view::npos ? first : parse_fold(part.substr(dash + 1));
    require(first > 0 && last >= first, "folds: expected folds such as 1-5 or 1,3, counted from 1, got '{}'",
            printable(text));
    require(last <= num_folds, "folds: {} asks for fold {}, but the pairs have {}", printable(text), last, num_folds);
    for (int64_t fold = first; fold <= last; ++fold) folds.insert(fold - 1);
    if (part.size() == rest.size()) return {folds.begin(), folds.end()};
    rest.remove_prefix(part.size() + 1);
  }
}

std::string folds_phrase(const std::vector<int64_t>& folds) {
  std::string phrase = folds.size() == 1 ? "fold " : "folds ";
  for (size_t i = 0; i < folds.size();) {
    size_t last = i;
    while (last + 1 < folds.size() && folds[last + 1] == folds[last] + 1) ++last;
    if (i > 0) phrase += ',';
    phrase += last == i ? fmt::format("{}", folds[i] + 1) : fmt::format("{}-{}", folds[i] + 1, folds[last] + 1);
    i = last + 1;
  }
  return phrase;
}

}  // namespace massface
