#include "align/photograph_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <set>

#include "align/crop_names.h"
#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Resolves links as far as the path exists.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(absolute_path(path), error);
  return error ? absolute_path(path) : whole;
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

// Hidden files and folders, and those that file managers and network disks leave in folders of photographs.
bool is_no_photograph(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 6> kLeftBehind{"thumbs.db",   "ehthumbs.db", "ehthumbs_vista.db",
                                                        "desktop.ini", "__macosx",    "@eadir"};
  return name.starts_with('.') || name == "icon\r" || std::ranges::find(kLeftBehind, name) != kLeftBehind.end();
}

// Lists the files below the source that may be photographs.
class Walk {
 public:
  Walk(const fs::path& source, const fs::path& destination) : source_(source) {
    if (!destination.empty()) entered_.insert(resolved(destination));
    enter(source);
    std::ranges::sort(files_);
  }
  const std::vector<std::string>& files() const { return files_; }

 private:
  void enter(const fs::path& folder) {
    if (!entered_.insert(resolved(folder)).second) return;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      std::error_code broken;  // a dangling link is listed, and found unreadable
      if (is_no_photograph(entries->path().filename().native())) continue;
      if (entries->is_directory(broken)) {
        enter(entries->path());
      } else {
        files_.push_back(entries->path().lexically_relative(source_).native());
      }
    }
    if (!error) return;
    require(folder != source_, "{}: {}", printable(folder.native()), error.message());
    files_.push_back(folder.lexically_relative(source_).native());  // found unreadable, like a file
  }

  fs::path source_;
  std::set<fs::path> entered_;
  std::vector<std::string> files_;
};

}  // namespace

std::string unique_printable_name(const std::string& file, std::set<std::string>& taken) {
  const std::string name = printable(file);
  std::string unique = name;
  for (int number = 2; !taken.insert(unique).second; ++number) unique = fmt::format("{} ({})", name, number);
  return unique;
}

std::vector<ListedPhotograph> list_photographs(const fs::path& source, const fs::path& destination,
                                               const std::string& ending, bool several) {
  const Walk walk(source, destination);
  const auto stems = choose_crop_stems(walk.files(), ending, several);
  std::set<std::string> names;
  std::vector<ListedPhotograph> list;
  for (size_t i = 0; i < stems.size(); ++i) {
    const std::string& file = walk.files()[i];
    std::error_code unsized, undated;  // a link to nothing, a pipe
    const auto bytes = fs::file_size(source / file, unsized);
    const auto modified =
        std::chrono::file_clock::to_sys(fs::last_write_time(source / file, undated)).time_since_epoch();
    list.push_back(
        {.source = file,
         .name = unique_printable_name(file, names),
         .stem = stems[i],
         .bytes = unsized ? 0 : static_cast<int64_t>(bytes),
         .modified_ns = undated ? 0 : std::chrono::duration_cast<std::chrono::nanoseconds>(modified).count()});
  }
  return list;
}

void require_apart(const fs::path& source, const fs::path& destination) {
  const fs::path from = resolved(source), to = resolved(destination);
  require(!is_within(to, from),
          "the destination {} lies within the source {}: its crops would be taken for photographs. Name a folder "
          "next to it",
          printable(destination.native()), printable(source.native()));
  require(!is_within(from, to),
          "the source {} lies within the destination {}: crops could take the place of photographs. Name a folder of "
          "its own for the crops",
          printable(source.native()), printable(destination.native()));
}

}  // namespace massface
