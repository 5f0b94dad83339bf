#pragma once

#include <vector>

#include "core/testing_fuzz.h"
#include "dataset/dataset.h"
#include "image/decode.h"

namespace massface {

// Asks a set of damaged files for everything: names, bytes, headers of its images, what does not match its checksum.
// Images are decoded by the targets of `image`.
inline void read_fuzzed_dataset(const Dataset& dataset) {
  check(dataset.size() >= dataset.num_identities() && dataset.num_identities() > 0, "every identity has an image");
  std::vector<uint8_t> storage;
  for (ImageIndex image = 0; image < dataset.size(); ++image) {
    const IdentityIndex identity = dataset.identity_of(image);
    check(identity >= 0 && identity < dataset.num_identities(), "every image has an identity");
    dataset.identity_name(identity);
    dataset.image_name(image);
    dataset.file_name(image);
    try {
      const auto bytes = dataset.view_bytes(image, storage);
      check(std::vector<uint8_t>(bytes.begin(), bytes.end()) == dataset.read_bytes(image), "both ways agree");
      read_image_header(bytes);
    } catch (const Error&) {
    }
  }
  dataset.find_damage();
}

}  // namespace massface
