#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// What may stand in for an unreadable image, one after another: the other images of its identity in an order drawn
// from (seed, image), then the images of the other identities, in circle from a place that is drawn. Each image of the
// set comes once.
class Replacements {
 public:
  Replacements(const Dataset& dataset, uint64_t seed, ImageIndex unreadable);

  // nullopt: all have been tried.
  std::optional<ImageIndex> next();

 private:
  const Dataset& dataset_;
  IdentityIndex identity_;
  std::vector<ImageIndex> of_identity_;
  ImageIndex start_;  // of the circle
  int64_t tried_of_identity_ = 0;
  int64_t tried_of_circle_ = 0;
};

}  // namespace massface
