#include "dataset/dataset.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/hash.h"

namespace massface {

void Dataset::set_identities(std::vector<std::string> names, std::vector<IdentityIndex> identity_of_image) {
  std::vector<ImageIndex> first_image{0};
  first_image.reserve(names.size() + 1);
  for (size_t image = 0; image < identity_of_image.size(); ++image) {
    const auto identity = static_cast<size_t>(identity_of_image[image]);
    if (identity == first_image.size()) first_image.push_back(static_cast<ImageIndex>(image));
    check(identity + 1 == first_image.size(), "images are grouped by identity in order");
  }
  if (!identity_of_image.empty()) first_image.push_back(static_cast<ImageIndex>(identity_of_image.size()));
  check(first_image.size() == names.size() + 1, "every identity has an image and every image a named identity");
  identity_names_ = std::move(names);
  identity_of_image_ = std::move(identity_of_image);
  first_image_ = std::move(first_image);
}

namespace {

class IdentitySelection : public Dataset {
 public:
  IdentitySelection(std::shared_ptr<const Dataset> base, std::vector<IdentityIndex> kept) : base_(std::move(base)) {
    std::ranges::sort(kept);
    kept.erase(std::ranges::unique(kept).begin(), kept.end());
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    fingerprint_ = base_->fingerprint();
    for (const IdentityIndex identity : kept) {
      check(identity >= 0 && identity < base_->num_identities(), "a kept identity is one of the set's");
      const ImageIndex first = base_->first_image_of(identity);
      for (ImageIndex image = first; image < first + base_->num_images_of(identity); ++image) {
        base_image_.push_back(image);
        identity_of_image.push_back(static_cast<IdentityIndex>(names.size()));
      }
      names.push_back(base_->identity_name(identity));
      fingerprint_ = hash64(names.back(), fingerprint_);
    }
    set_identities(std::move(names), std::move(identity_of_image));
  }

  uint64_t fingerprint() const override { return fingerprint_; }
  std::string image_name(ImageIndex image) const override { return base_->image_name(base_index(image)); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return base_->read_bytes(base_index(image)); }

 private:
  ImageIndex base_index(ImageIndex image) const { return base_image_[static_cast<size_t>(image)]; }

  std::shared_ptr<const Dataset> base_;
  std::vector<ImageIndex> base_image_;
  uint64_t fingerprint_ = 0;
};

}  // namespace

std::shared_ptr<const Dataset> select_identities(std::shared_ptr<const Dataset> base,
                                                 const std::vector<IdentityIndex>& kept) {
  return std::make_shared<IdentitySelection>(std::move(base), kept);
}

}  // namespace massface
