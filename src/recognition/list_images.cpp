#include "recognition/list_images.h"

#include <chrono>
#include <set>

#include "align/photograph_list.h"
#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

NamedImage listed(const fs::path& file) {
  std::error_code unsized, undated;  // reading the file will name the fault
  const auto bytes = fs::file_size(file, unsized);
  const auto modified = std::chrono::file_clock::to_sys(fs::last_write_time(file, undated)).time_since_epoch();
  return {.path = file,
          .bytes = unsized ? 0 : static_cast<int64_t>(bytes),
          .modified_ns = undated ? 0 : std::chrono::duration_cast<std::chrono::nanoseconds>(modified).count()};
}

}  // namespace

std::vector<NamedImage> list_images(const std::vector<std::string>& named, const fs::path& left_out) {
  std::vector<NamedImage> images;
  std::set<std::string> seen, names;
  const auto add = [&](NamedImage image) {
    if (!seen.insert(absolute_path(image.path).native()).second) return;
    image.name = unique_printable_name(image.path.native(), names);
    images.push_back(std::move(image));
  };
  for (const std::string& name : named) {
    std::error_code unreachable;
    const fs::path path = without_final_slash(name);
    require(fs::exists(path, unreachable), "{}: no such file or folder", printable(name));
    if (!fs::is_directory(path, unreachable)) {
      add(listed(path));
      continue;
    }
    for (const ListedPhotograph& photograph : list_photographs(path, left_out, ".jpg", true)) {
      NamedImage image = listed(path / photograph.source);
      const fs::path below = photograph.source;
      if (below.has_parent_path()) image.group = below.begin()->native();
      add(std::move(image));
    }
  }
  require(!images.empty(), "there are no images: {} contains no files", named.empty() ? "" : printable(named.front()));
  return images;
}

}  // namespace massface
