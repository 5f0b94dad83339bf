#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// The images that may replace an unreadable one, in order: the other images of its identity in an order drawn from
// (seed, image), then the images of all other identities, from a random start and wrapping around. Each image of the
// dataset occurs once.
class Replacements {
 public:
  Replacements(const Dataset& dataset, uint64_t seed, ImageIndex unreadable);

  // Returns the next image, or nullopt once all have been tried.
  std::optional<ImageIndex> next();

 private:
  const Dataset& dataset_;
  IdentityIndex identity_;
  std::vector<ImageIndex> of_identity_;
  ImageIndex start_;  // of the walk through all images, which wraps around
  int64_t tried_of_identity_ = 0;
  int64_t tried_of_circle_ = 0;
};

}  // namespace massface
