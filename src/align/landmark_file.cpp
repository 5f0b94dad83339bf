#include "align/landmark_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {
namespace {

using Fields = std::vector<std::string_view>;

Fields split(std::string_view line) {
  Fields fields;
  while (true) {
    const size_t comma = std::min(line.find(','), line.size());
    fields.push_back(trim(line.substr(0, comma)));
    if (comma == line.size()) return fields;
    line.remove_prefix(comma + 1);
  }
}

constexpr std::array<const char*, 10> kCoordinateColumns{
    "left_eye_x", "left_eye_y",   "right_eye_x",  "right_eye_y",   "nose_x",
    "nose_y",     "mouth_left_x", "mouth_left_y", "mouth_right_x", "mouth_right_y"};

// The positions of the file name and of kCoordinateColumns in a line, and the number of columns.
struct ColumnLayout {
  size_t file;
  std::array<size_t, kCoordinateColumns.size()> coordinates;
  size_t size;
};

ColumnLayout layout_of(const Fields& header, const std::string& name) {
  const auto place = [&](std::string_view column) {
    const auto found = std::ranges::find(header, column);
    require(found != header.end(), "{}, line 1: no column \"{}\"; expected file,left_eye_x,left_eye_y,...", name,
            column);
    return static_cast<size_t>(found - header.begin());
  };
  ColumnLayout layout{.file = place("file"), .size = header.size()};
  std::ranges::transform(kCoordinateColumns, layout.coordinates.begin(), place);
  return layout;
}

double number_of(std::string_view text, const std::string& name, int64_t line) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  require(error == std::errc() && end == text.data() + text.size() && std::isfinite(number),
          "{}, line {}: \"{}\" is not a number", name, line, printable(text));
  return number;
}

}  // namespace

std::map<std::string, FivePoints> read_landmark_file(const std::filesystem::path& file) {
  require_text_file(file, "a table of landmarks", "Expected a first line file,left_eye_x,left_eye_y,...");
  const std::string text = read_text_file(file), name = printable(file.native());
  const auto lines = text_lines(text);
  require(!lines.empty(), "{} is empty; expected a first line file,left_eye_x,left_eye_y,...", name);
  const ColumnLayout layout = layout_of(split(lines.front().text), name);
  std::map<std::string, FivePoints> landmarks;
  for (size_t i = 1; i < lines.size(); ++i) {
    const TextLine& line = lines[i];
    if (trim(line.text).empty()) continue;
    const Fields fields = split(line.text);
    require(fields.size() == layout.size, "{}, line {}: {} fields, but the first line has {}", name, line.number,
            fields.size(), layout.size);
    FivePoints points;
    for (size_t k = 0; k < points.size(); ++k) {
      points[k] = {number_of(fields[layout.coordinates[2 * k]], name, line.number),
                   number_of(fields[layout.coordinates[2 * k + 1]], name, line.number)};
    }
    const bool is_new = landmarks.emplace(fields[layout.file], points).second;
    require(is_new, "{}, line {}: a second line for {}", name, line.number, printable(fields[layout.file]));
  }
  return landmarks;
}

std::string landmark_header() {
  std::string line = "file";
  for (const char* column : kCoordinateColumns) line += fmt::format(",{}", column);
  return line + "\n";
}

std::string landmark_line(const std::string& file, const FivePoints& points) {
  std::string line = file;
  for (const Point& p : points) line += fmt::format(",{:.2f},{:.2f}", p.x, p.y);
  return line + "\n";
}

}  // namespace massface
