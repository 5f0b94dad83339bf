#include "dataset/unpack_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/hash.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

// The maximal length of a path component in bytes: 255 for ext4 and most other file systems.
constexpr size_t kLongestName = 255;

// The position of the extension, which identifies the type of the file; the length of the name if there is none.
size_t end_of_stem(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 || name.size() - dot > 10 ? name.size() : dot;
}

std::string shortened(const std::string& name) {
  if (name.size() <= kLongestName) return name;
  const std::string ending = name.substr(end_of_stem(name)), hash = hex(hash64(name));
  return fmt::format("{}-{}{}", name.substr(0, kLongestName - ending.size() - hash.size() - 1), hash, ending);
}

std::string safe_component(std::string_view wanted) {
  while (wanted.starts_with('/')) wanted.remove_prefix(1);
  std::string name(wanted);
  std::ranges::replace(name, '/', '_');
  std::ranges::replace(name, '\0', '_');
  if (name.empty() || name.front() == '.') name.insert(0, "_");
  return shortened(name);
}

}  // namespace

std::string FolderNames::take(std::string_view wanted) {
  const std::string safe = safe_component(wanted);
  std::string name = safe;
  for (int64_t number = 2; !taken_.insert(name).second; ++number) {
    name = safe;
    name.insert(end_of_stem(safe), fmt::format("~{}", number));
    name = shortened(name);
  }
  renamed_ += name != wanted;
  return name;
}

std::string name_for_format(std::string_view file_name, ImageFormat format) {
  const bool is_image_name = has_image_name(file_name.substr(file_name.rfind('/') + 1));
  if (format == ImageFormat::kRaw) {
    const size_t end = is_image_name ? end_of_stem(file_name) : file_name.size();
    return std::string(file_name.substr(0, end)) + ".png";
  }
  if (is_image_name) return std::string(file_name);
  const char* ending = format == ImageFormat::kPng ? ".png" : format == ImageFormat::kWebp ? ".webp" : ".jpg";
  return std::string(file_name) + ending;
}

}  // namespace massface
