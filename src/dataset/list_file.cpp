#include "dataset/list_file.h"

#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {

std::vector<ListedImage> read_list_file(const std::filesystem::path& list) {
  const std::string name = printable(list.native());
  const std::string text = read_text_file(list);
  require(text.find('\0') == std::string::npos,
          "{} is not a list file: it contains bytes that are not text. Expected lines of `path identity`", name);
  std::vector<ListedImage> images;
  std::unordered_map<std::string_view, int64_t> line_of_path;
  for (const auto& [number, whole_line] : text_lines(text)) {
    const std::string_view line = trim(whole_line);
    if (line.empty()) continue;
    const size_t tab = line.rfind('\t');
    const size_t cut = tab != std::string_view::npos ? tab : line.rfind(' ');
    require(cut != std::string_view::npos,
            "{}:{}: expected `path identity`, separated by a tab or a space, found \"{}\"", name, number,
            printable(line.substr(0, 200)));
    const std::string_view path = trim(line.substr(0, cut));
    const auto [earlier, is_new] = line_of_path.emplace(path, number);
    require(is_new, "{}:{}: {} is already on line {}; an image has one identity. Remove one of the lines", name, number,
            printable(path), earlier->second);
    images.push_back({std::string(path), std::string(trim(line.substr(cut + 1)))});
  }
  return images;
}

}  // namespace massface
