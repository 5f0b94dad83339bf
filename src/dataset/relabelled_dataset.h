#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Other labels for the images of a set.
struct NewLabels {
  std::vector<std::string> names;      // distinct, in any order; a person may be left without images
  std::vector<int64_t> name_of_image;  // [size()], an index into names, or -1: the image is left out
};

// The labels that the set has: names in the order of its identities.
NewLabels labels_of(const Dataset& dataset);

// Returns the set with other labels. Images keep their names and bytes; those of a person are sorted by name. Throws
// Error if no image is left. Keeps `base` alive.
std::shared_ptr<const Dataset> relabel_images(std::shared_ptr<const Dataset> base, const NewLabels& labels);

}  // namespace massface
