#include "dataset/template_list.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "dataset/delimited_rows.h"

namespace massface {
namespace {

std::vector<CsvRow> rows_of(std::string_view text, const std::string& name) {
  std::vector<CsvRow> rows;
  try {
    rows = delimited_rows(text);
  } catch (const Error& error) {
    fail("{}: {}", name, error.what());
  }
  require(!rows.empty(), "{}: contains no lines", name);
  return rows;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Where each fact stands in a line.
struct Columns {
  std::optional<size_t> template_id, subject, media, file;
};

// Returns nullopt if the line is none of names.
std::optional<Columns> columns_of(const CsvRow& row) {
  const auto column = [&](std::initializer_list<std::string_view> names) -> std::optional<size_t> {
    for (size_t i = 0; i < row.fields.size(); ++i) {
      if (std::ranges::find(names, lower_case(row.fields[i])) != names.end()) return i;
    }
    return std::nullopt;
  };
  const Columns columns{.template_id = column({"template", "template_id", "tid"}),
                        .subject = column({"subject", "subject_id", "sid", "person"}),
                        .media = column({"media", "media_id", "mid", "sighting_id"}),
                        .file = column({"file", "filename", "path", "image"})};
  if (!columns.template_id && !columns.file) return std::nullopt;
  return columns;
}

}  // namespace

std::vector<TemplateImage> parse_template_list(std::string_view text, const std::string& name) {
  const std::vector<CsvRow> rows = rows_of(text, name);
  const auto named = columns_of(rows.front());
  const Columns columns = named.value_or(Columns{.template_id = 1, .media = 2, .file = 0});
  require(columns.template_id && columns.file,
          "{}:{}: its first line names no column \"{}\"; a list of templates has the columns template, subject, media "
          "and file",
          name, rows.front().line, columns.file ? "template" : "file");
  const size_t width = named ? rows.front().fields.size() : 3;
  std::vector<TemplateImage> images;
  for (size_t i = named ? 1 : 0; i < rows.size(); ++i) {
    const CsvRow& row = rows[i];
    const auto field = [&](std::optional<size_t> column) { return column ? row.fields[*column] : ""; };
    require(row.fields.size() == width, "{}:{}: expected {} fields, {}; found {}", name, row.line, width,
            named ? "as in the first line" : "FILE TEMPLATE MEDIA", row.fields.size());
    images.push_back({.template_id = field(columns.template_id),
                      .subject = field(columns.subject),
                      .media = field(columns.media),
                      .file = field(columns.file)});
    require(!images.back().template_id.empty() && !images.back().file.empty(), "{}:{}: names no {}", name, row.line,
            images.back().file.empty() ? "file" : "template");
  }
  require(!images.empty(), "{}: contains no templates", name);
  return images;
}

std::vector<TemplateImage> read_template_list(const std::filesystem::path& path) {
  require_text_file(path, "a list of templates",
                    "Expected lines of `FILE TEMPLATE MEDIA`, or a table with these columns");
  return parse_template_list(read_text_file(path), printable(path.native()));
}

std::vector<TemplatePair> parse_template_pairs(std::string_view text, const std::string& name) {
  std::vector<TemplatePair> pairs;
  const std::vector<CsvRow> rows = rows_of(text, name);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<std::string>& fields = rows[i].fields;
    const bool is_pair = fields.size() == 3 && (fields[2] == "0" || fields[2] == "1");
    if (i == 0 && !is_pair && rows.size() > 1) continue;  // a line of names
    require(is_pair, "{}:{}: expected two templates and 1 (one person) or 0 (two), such as `12 345 0`", name,
            rows[i].line);
    pairs.push_back({fields[0], fields[1], fields[2] == "1"});
  }
  return pairs;
}

std::vector<TemplatePair> read_template_pairs(const std::filesystem::path& path) {
  require_text_file(path, "a list of pairs of templates", "Expected lines of two templates and 1 or 0");
  return parse_template_pairs(read_text_file(path), printable(path.native()));
}

}  // namespace massface
