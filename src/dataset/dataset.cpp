#include "dataset/dataset.h"

#include <algorithm>
#include <utility>

#include "core/files.h"
#include "core/hash.h"

namespace massface {

DamagedImage::DamagedImage(DamagedBytes bytes)
    : Error(fmt::format("damaged: one of the bytes {} to {} of {} ({}) is not what was written", bytes.first,
                        bytes.end - 1, printable(bytes.file), printable(bytes.what))),
      bytes_(std::move(bytes)) {}

void Dataset::set_identities(std::vector<std::string> names, const std::vector<IdentityIndex>& identity_of_image) {
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
  owned_first_image_ = std::move(first_image);
  first_image_ = owned_first_image_;
}

void Dataset::set_identities(std::span<const ImageIndex> first_image) { first_image_ = first_image; }

IdentityIndex Dataset::identity_of(ImageIndex image) const {
  return std::ranges::upper_bound(first_image_, image) - first_image_.begin() - 1;
}

std::vector<IdentityIndex> Dataset::identity_of_image() const {
  std::vector<IdentityIndex> identities;
  identities.reserve(static_cast<size_t>(size()));
  for (IdentityIndex identity = 0; identity < num_identities(); ++identity) {
    identities.insert(identities.end(), static_cast<size_t>(num_images_of(identity)), identity);
  }
  return identities;
}

std::span<const uint8_t> Dataset::view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const {
  storage = read_bytes(image);
  return storage;
}

namespace {

class IdentitySelection : public Dataset {
 public:
  IdentitySelection(std::shared_ptr<const Dataset> base, std::vector<IdentityIndex> kept) : base_(std::move(base)) {
    std::ranges::sort(kept);
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    fingerprint_ = base_->fingerprint();
    for (const IdentityIndex identity : kept) {
      check(identity >= 0 && identity < base_->num_identities(), "a kept identity is in the set");
      const ImageIndex first = base_->first_image_of(identity);
      for (ImageIndex image = first; image < first + base_->num_images_of(identity); ++image) {
        base_image_.push_back(image);
        identity_of_image.push_back(static_cast<IdentityIndex>(names.size()));
      }
      names.push_back(base_->identity_name(identity));
      fingerprint_ = hash64(names.back(), fingerprint_);
    }
    set_identities(std::move(names), identity_of_image);
  }

  uint64_t fingerprint() const override { return fingerprint_; }
  std::string image_name(ImageIndex image) const override { return base_->image_name(base_index(image)); }
  std::string file_name(ImageIndex image) const override { return base_->file_name(base_index(image)); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return base_->read_bytes(base_index(image)); }
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override {
    return base_->view_bytes(base_index(image), storage);
  }

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
