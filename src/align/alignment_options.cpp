#include "align/alignment_options.h"

#include <charconv>

#include "core/error.h"
#include "core/text_lines.h"

namespace massface {
namespace {

// Returns the whole numbers between separators, or nothing if the text is anything else.
std::vector<int64_t> whole_numbers(std::string_view text, char separator) {
  std::vector<int64_t> numbers;
  while (true) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view word = trim(text.substr(0, end));
    int64_t number = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || rest != word.data() + word.size()) return {};
    numbers.push_back(number);
    if (end == text.size()) return numbers;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

void AlignmentOptions::describe(OptionTable& table) {
  table.add("size", size, "Size of a crop in pixels, as HEIGHTxWIDTH.");
  table.add_choice(
      "faces", faces, {"largest", "central", "all"},
      "Which of several faces to crop: the largest, the one nearest to the photograph's centre (LFW's rule), or all.");
  table.add("min_face", detector.min_face, {.min = 12, .max = 4096},
            "Shorter side of the smallest face to look for, in pixels; larger is faster.");
  table.add_choice("format", format, {"jpeg", "png"}, "File format of the crops.");
  table.add("quality", quality, {.min = 1, .max = 100}, "Quality of JPEG crops.");
  table.add("fill", fill, "Colour of areas outside the photograph, as RED,GREEN,BLUE, each 0 to 255.");
  table.add("max_side", max_side, {.min = 64, .max = 65536},
            "A photograph whose longer side has at least twice as many pixels is reduced to a half, a quarter or an "
            "eighth of its size.");
}

std::array<int64_t, 2> AlignmentOptions::height_and_width() const {
  const auto sides = whole_numbers(size, 'x');
  require(sides.size() == 2 && sides[0] >= 16 && sides[1] >= 16 && sides[0] <= 4096 && sides[1] <= 4096,
          "size is \"{}\": expected HEIGHTxWIDTH, each 16 to 4096, such as 112x112", size);
  return {sides[0], sides[1]};
}

std::array<uint8_t, 3> AlignmentOptions::fill_color() const {
  const auto parts = whole_numbers(fill, ',');
  const auto is_byte = [](int64_t part) { return part >= 0 && part <= 255; };
  require(parts.size() == 3 && std::ranges::all_of(parts, is_byte),
          "fill is \"{}\": expected RED,GREEN,BLUE, each 0 to 255, such as 127,127,127", fill);
  return {static_cast<uint8_t>(parts[0]), static_cast<uint8_t>(parts[1]), static_cast<uint8_t>(parts[2])};
}

std::string AlignmentOptions::fingerprint() const {
  return fmt::format("size {}, faces {}, min_face {}, format {}, quality {}, fill {}, max_side {}", size, faces,
                     detector.min_face, format, quality, fill, max_side);
}

}  // namespace massface
