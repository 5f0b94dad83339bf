#include "align/crop_names.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "core/hash.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFaceMark = "_face";

// Returns the stem whose further crop has this name ("x" for "x_face2"), or "" if no stem has such a crop.
std::string stem_of_further_crop(std::string_view name) {
  const size_t mark = name.rfind(kFaceMark);
  if (mark == std::string_view::npos) return "";
  const std::string_view number = name.substr(mark + kFaceMark.size());
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || number.front() == '0' || number == "1") return "";
  return std::string(name.substr(0, mark));
}

class CropNames {
 public:
  CropNames(std::string ending, bool several) : ending_(std::move(ending)), several_(several) {}

  // Reserves the folders in which the photograph's crops will lie.
  void reserve_folders(const fs::path& photograph) {
    for (fs::path folder = photograph.parent_path(); !folder.empty(); folder = folder.parent_path()) {
      const std::string name = folder.native();
      if (name.ends_with(ending_)) take(name.substr(0, name.size() - ending_.size()));
    }
  }

  // Returns false, and reserves nothing, if one of the stem's crops could have a reserved name.
  bool try_stem(const std::string& stem) {
    if (taken_.contains(stem)) return false;
    if (several_ && (with_further_crops_.contains(stem) || taken_.contains(stem_of_further_crop(stem)))) return false;
    take(stem);
    return true;
  }

 private:
  void take(const std::string& name) {
    taken_.insert(name);
    with_further_crops_.insert(stem_of_further_crop(name));
  }

  std::string ending_;
  bool several_;
  std::set<std::string> taken_;
  std::set<std::string> with_further_crops_;  // stems of which a further crop's name is taken
};

std::string without_extension(const std::string& photograph) {
  return fs::path(photograph).replace_extension().native();
}

// Shortens a name that would be too long for a file system with what is added to it: "_face123" and the ending.
std::string kept_short(const std::string& stem, size_t added) {
  constexpr size_t kLongest = 255;  // bytes
  const std::string name = fs::path(stem).filename().native();
  if (name.size() + added <= kLongest) return stem;
  const std::string hash = hex(hash64(name));
  return fs::path(stem).replace_filename(name.substr(0, kLongest - added - hash.size() - 1) + "-" + hash).native();
}

}  // namespace

std::string crop_stem(const std::string& stem, size_t i) {
  return i == 0 ? stem : fmt::format("{}{}{}", stem, kFaceMark, i + 1);
}

std::vector<std::string> choose_crop_stems(const std::vector<std::string>& photographs, const std::string& ending,
                                           bool several) {
  CropNames names(ending, several);
  for (const std::string& photograph : photographs) names.reserve_folders(photograph);
  const size_t added = ending.size() + (several ? kFaceMark.size() + 3 : 0);
  std::vector<std::string> stems(photographs.size());
  for (size_t i = 0; i < photographs.size(); ++i) {
    const std::string stem = without_extension(photographs[i]);
    if (stem + ending == photographs[i] && kept_short(stem, added) == stem && names.try_stem(stem)) stems[i] = stem;
  }
  for (size_t i = 0; i < photographs.size(); ++i) {
    if (!stems[i].empty()) continue;
    std::string stem = kept_short(without_extension(photographs[i]), added);
    for (int number = 1; !names.try_stem(stem); ++number) {
      stem = kept_short(number == 1 ? photographs[i] : fmt::format("{}_{}", photographs[i], number), added);
    }
    stems[i] = stem;
  }
  return stems;
}

}  // namespace massface
