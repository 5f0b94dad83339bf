#include "core/csv.h"

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

bool needs_quotes(std::string_view field) {
  return field.find_first_of(",;\"\n\r\t") != std::string_view::npos || field.starts_with(' ') || field.ends_with(' ');
}

class CsvParser {
 public:
  CsvParser(std::string_view text, char separator) : text_(text), separator_(separator) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row = next_row();
      if (std::ranges::any_of(row.fields, [](const std::string& field) { return !field.empty(); })) {
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

 private:
  bool at_line_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' || (text_[at_] == '\r' && text_.substr(at_, 2) == "\r\n");
  }

  CsvRow next_row() {
    CsvRow row{.line = line_};
    while (true) {
      row.fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted_field() : plain_field());
      if (at_line_end()) break;
      ++at_;  // the separator
    }
    at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
    ++line_;
    return row;
  }

  std::string plain_field() {
    const size_t begin = at_;
    while (!at_line_end() && text_[at_] != separator_) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted_field() {
    const int64_t first_line = line_;
    std::string field;
    for (++at_;; ++at_) {
      require(at_ < text_.size(), "line {}: a field begins with a quote that is never closed", first_line);
      if (text_[at_] == '"') {
        if (text_.substr(at_, 2) != "\"\"") break;
        ++at_;
      }
      line_ += text_[at_] == '\n';
      field += text_[at_];
    }
    ++at_;
    require(at_line_end() || text_[at_] == separator_,
            "line {}: the end of a quoted field is followed by more text; write quotes within a field twice", line_);
    return field;
  }

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) line += ',';
    if (!needs_quotes(field)) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

std::vector<CsvRow> parse_csv(std::string_view text, char separator) { return CsvParser(text, separator).rows(); }

}  // namespace massface
