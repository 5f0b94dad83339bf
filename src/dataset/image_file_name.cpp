#include "dataset/image_file_name.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace massface {
namespace {

constexpr std::array<std::string_view, 6> kImageEndings = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"};

}  // namespace

bool has_image_name(std::string_view file_name) {
  return std::ranges::any_of(kImageEndings, [&](std::string_view ending) {
    return file_name.size() > ending.size() &&
           ::strncasecmp(file_name.data() + file_name.size() - ending.size(), ending.data(), ending.size()) == 0;
  });
}

std::string_view image_endings() { return ".jpg, .jpeg, .jpe, .jfif, .png or .webp"; }

std::vector<std::string> image_name_spellings(const std::string& name) {
  std::vector<std::string> all{name};
  const auto add = [&](const std::string& ending) {
    const std::string spelling = std::filesystem::path(name).replace_extension(ending).native();
    if (spelling != name) all.push_back(spelling);
  };
  for (const std::string_view ending : kImageEndings) add(std::string(ending));
  for (const std::string_view ending : kImageEndings) {
    std::string upper(ending);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    add(upper);
    add(upper.substr(0, 2) + std::string(ending.substr(2)));
  }
  return all;
}

}  // namespace massface
