#include "dataset/list_file.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text_lines.h"
#include "dataset/image_file_name.h"
#include "dataset/list_columns.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

class ListReader {
 public:
  explicit ListReader(const fs::path& list)
      : name_(printable(list.native())),
        written_folder_(list.parent_path().native()),
        folder_(absolute_path(list).parent_path()) {}

  ListFile read(std::string_view text) {
    std::vector<TextLine> lines = text_lines(text);
    if (!lines.empty() && lines[0].text.starts_with(kFolderLine)) {
      written_folder_ = lines[0].text.substr(kFolderLine.size());
      folder_ = written_folder_;
      lines.erase(lines.begin());
    }
    std::erase_if(lines, [](const TextLine& line) { return trim(line.text).empty(); });
    if (lines.empty()) return {written_folder_, {}};
    // The first line may be a header, and the second may be wrong.
    const TextLine& second = lines[std::min<size_t>(1, lines.size() - 1)];
    columns_ = columns_of(second.text);
    if (!cut_list_line(second.text, columns_)) columns_ = columns_of(lines[0].text);
    if (is_header(lines)) {
      log_info("{}: \"{}\" on line {} is taken for a header", name_, shown(lines[0]), lines[0].number);
      lines.erase(lines.begin());
    }
    if (columns_.identity_first) log_info("{}: its lines are read as `identity path`", name_);
    for (const TextLine& line : lines) add(line);
    replace_backslashes();
    for (ListedImage& image : images_) image.path = plain(std::move(image.path));
    require_each_once();
    return {written_folder_, std::move(images_)};
  }

 private:
  static std::string shown(const TextLine& line) { return printable(trim(line.text).substr(0, 200)); }

  bool exists(const std::string& path) const {
    std::error_code unreachable;
    return fs::exists(folder_ / path, unreachable);
  }

  bool is_header(const std::vector<TextLine>& lines) const {
    if (lines.size() < 2) return false;
    const auto first = cut_list_line(lines[0].text, columns_), second = cut_list_line(lines[1].text, columns_);
    return first && second && !has_image_name(first->path) && !has_image_name(first->identity) &&
           has_image_name(second->path) && !exists(first->path);
  }

  void add(const TextLine& line) {
    auto cut = cut_list_line(line.text, columns_);
    require(cut.has_value(), "{}:{}: expected `{}`, separated by a tab, a comma or a space, found \"{}\"", name_,
            line.number, columns_.identity_first ? "identity path" : "path identity", shown(line));
    images_.push_back({std::move(cut->path), std::move(cut->identity)});
    line_numbers_.push_back(line.number);
  }

  void replace_backslashes() {
    constexpr size_t kTried = 16;
    const auto with_slashes = [](std::string path) {
      std::ranges::replace(path, '\\', '/');
      return path;
    };
    size_t tried = 0;
    bool any_exists = false;
    for (const ListedImage& image : images_) {
      if (image.path.find('\\') == std::string::npos) continue;
      if (exists(image.path)) return;
      any_exists = any_exists || exists(with_slashes(image.path));
      if (++tried == kTried) break;
    }
    if (!any_exists) return;
    log_info("{}: backslashes in its paths are read as slashes", name_);
    for (ListedImage& image : images_) image.path = with_slashes(std::move(image.path));
  }

  // Removes "./" and doubled slashes. ".." stays: a link before it would give it another meaning.
  static std::string plain(std::string path) {
    const bool is_plain =
        !path.starts_with("./") && path.find("/./") == std::string::npos && path.find("//") == std::string::npos;
    if (is_plain || path.starts_with("..") || path.find("/..") != std::string::npos) return path;
    return fs::path(path).lexically_normal().native();
  }

  void require_each_once() const {
    const std::string above = folder_.native() + "/";
    std::unordered_map<std::string_view, int64_t> line_of_path;
    for (size_t i = 0; i < images_.size(); ++i) {
      std::string_view path = images_[i].path;
      if (path.starts_with(above)) path.remove_prefix(above.size());
      const auto [earlier, is_new] = line_of_path.emplace(path, line_numbers_[i]);
      require(is_new, "{}:{}: {} is already on line {}; an image has one identity. Remove one of the lines", name_,
              line_numbers_[i], printable(images_[i].path), earlier->second);
    }
  }

  const std::string name_;
  std::string written_folder_;  // as the user wrote it
  fs::path folder_;
  ListColumns columns_;
  std::vector<ListedImage> images_;
  std::vector<int64_t> line_numbers_;  // of each image
};

}  // namespace

ListFile read_list_file(const fs::path& list) {
  constexpr std::string_view kExpected = "Expected lines of `path identity`";
  require_text_file(list, "a list file", kExpected);
  const std::string text = read_text_file(list);
  require(text.find('\0') == std::string::npos, "{} is not a list file: it contains bytes that are not text. {}",
          printable(list.native()), kExpected);
  return ListReader(list).read(text);
}

}  // namespace massface
