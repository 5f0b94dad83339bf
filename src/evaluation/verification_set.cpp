#include "evaluation/verification_set.h"

#include <charconv>

#include "core/error.h"
#include "dataset/image_file_name.h"

namespace massface {

namespace fs = std::filesystem;

std::optional<ImageSource> PairImageFinder::find(const std::string& name) {
  if (!set_.in_memory.empty()) return find_in_memory(name);
  return set_.dataset == nullptr ? find_file(name) : find_in_dataset(name);
}

std::optional<ImageSource> PairImageFinder::find_in_memory(const std::string& name) const {
  size_t index = 0;
  const auto [end, mistake] = std::from_chars(name.data(), name.data() + name.size(), index);
  check(mistake == std::errc() && index < set_.in_memory.size(), "the pairs of a .bin file name its images");
  return ImageSource{fmt::format("{}: image {}", set_.images.native(), name), set_.in_memory[index], /*is_file=*/false};
}

std::optional<ImageSource> PairImageFinder::find_file(const std::string& name) const {
  for (const std::string& spelling : image_name_spellings(name)) {
    std::error_code absent;
    if (fs::is_regular_file(set_.images / spelling, absent)) return ImageSource{(set_.images / spelling).native()};
  }
  return std::nullopt;
}

std::optional<ImageSource> PairImageFinder::find_in_dataset(const std::string& name) {
  const fs::path path = name;
  for (const std::string& file : image_name_spellings(path.filename().native())) {
    const auto image = names_.find(path.parent_path().native(), file);
    if (!image) continue;
    return ImageSource{set_.dataset->image_name(*image), {}, /*is_file=*/false, set_.dataset.get(), *image};
  }
  return std::nullopt;
}

}  // namespace massface
