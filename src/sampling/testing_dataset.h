#pragma once

#include "dataset/dataset.h"

namespace massface {

// A dataset for tests: identities with the given numbers of images, which have no bytes.
class TestingDataset : public Dataset {
 public:
  explicit TestingDataset(const std::vector<int64_t>& images_of_identity) {
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    for (const int64_t count : images_of_identity) {
      identity_of_image.insert(identity_of_image.end(), static_cast<size_t>(count),
                               static_cast<IdentityIndex>(names.size()));
      names.push_back("identity " + std::to_string(names.size()));
    }
    set_identities(std::move(names), std::move(identity_of_image));
  }
  uint64_t fingerprint() const override { return 0; }
  std::string image_name(ImageIndex image) const override { return std::to_string(image); }
  std::vector<uint8_t> read_bytes(ImageIndex) const override { return {}; }
};

}  // namespace massface
