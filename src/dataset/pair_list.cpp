#include "dataset/pair_list.h"

#include <algorithm>
#include <vector>

#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "dataset/dealt_folds.h"
#include "dataset/delimited_rows.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

bool is_answer(const std::string& field) { return field == "0" || field == "1"; }

// Names of people and numbers, as in LFW's file, are no paths.
bool is_path(const std::string& field) { return has_image_name(field) || field.find('/') != std::string::npos; }

bool is_pair(const CsvRow& row) {
  return row.fields.size() == 3 && is_answer(row.fields[2]) && is_path(row.fields[0]) && is_path(row.fields[1]);
}

}  // namespace

bool is_pair_list(std::string_view text) {
  // Only the beginning: a fault further down is to be named by its line.
  const size_t first = text.find('\n'), second = first == text.npos ? first : text.find('\n', first + 1);
  try {
    const auto rows = delimited_rows(text.substr(0, second));
    return std::ranges::any_of(rows, is_pair);
  } catch (const Error&) {
    return false;
  }
}

VerificationPairs parse_pair_list(std::string_view text, const std::string& file) {
  VerificationPairs result;
  std::vector<bool> same;
  std::vector<CsvRow> rows;
  try {
    rows = delimited_rows(text);
  } catch (const Error& error) {
    fail("{}: {}", file, error.what());
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const CsvRow& row = rows[i];
    if (i == 0 && !is_pair(row)) continue;  // a line of names
    require(row.fields.size() == 3 && is_answer(row.fields[2]) && !row.fields[0].empty() && !row.fields[1].empty(),
            "{}:{}: expected two paths and 1 (one person) or 0 (two), such as `a/1.jpg b/2.jpg 0`; found {} fields{}",
            file, row.line, row.fields.size(),
            row.fields.size() == 3 ? fmt::format(", the last of which is \"{}\"", printable(row.fields[2])) : "");
    same.push_back(row.fields[2] == "1");
    result.pairs.push_back({row.fields[0], row.fields[1], same.back()});
  }
  const std::vector<int64_t> folds = dealt_folds(same);
  for (size_t i = 0; i < folds.size(); ++i) result.pairs[i].fold = folds[i];
  result.num_folds = folds.empty() ? 0 : std::ranges::max(folds) + 1;
  return result;
}

}  // namespace massface
