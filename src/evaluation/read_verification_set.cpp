#include "evaluation/read_verification_set.h"

#include "core/files.h"
#include "dataset/verification_bin.h"

namespace massface {
namespace {

VerificationSet read_bin_set(const std::filesystem::path& path) {
  VerificationBin bin = read_verification_bin(path);
  return {path.stem().native(), verification_pairs(bin), path, std::move(bin.images)};
}

VerificationSet read_text_set(const std::filesystem::path& pairs, const std::string& images) {
  VerificationSet set{pairs.stem().native(), read_verification_pairs(pairs), images};
  if (is_file(images)) set.dataset = open_dataset(images);
  return set;
}

}  // namespace

bool contains_images(const std::filesystem::path& pairs) { return pairs.extension() == ".bin"; }

VerificationSet read_verification_set(const std::filesystem::path& pairs, const std::string& images,
                                      const std::string& name) {
  VerificationSet set = contains_images(pairs) ? read_bin_set(pairs) : read_text_set(pairs, images);
  if (!name.empty()) {
    set.name = name;
    set.pairs.is_lfw_view2 &= set.name == "LFW";
  }
  return set;
}

}  // namespace massface
