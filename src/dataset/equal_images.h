#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Images whose encoded bytes are equal, in the order of the set: at least two.
struct EqualImages {
  std::vector<ImageIndex> images;
  std::vector<std::string> names;  // Dataset::image_name() of each
  int64_t people = 0;              // identities that have one of them
};

// The images of a set that are not the only ones with their bytes. An image under several people is wrong for all of
// them but one, and copies under one person count as often as there are of them.
struct EqualImageCounts {
  int64_t repeats_within_people = 0;  // images whose bytes an earlier image of the same identity has
  int64_t images_across_people = 0;   // images whose bytes an image of another identity has
  int64_t people_across = 0;          // identities that have such an image
  std::vector<EqualImages> groups;    // first those of several people; then in the order of their first images
};

struct HashedImage {
  ImageIndex image = 0;
  uint64_t hash = 0;  // hash64() of the encoded bytes
};

// Groups images by their hash; 64 bits tell apart all images of any set that exists (42 million: 5e-5 that two unequal
// ones have the same hash).
EqualImageCounts find_equal_images(const Dataset& dataset, std::vector<HashedImage> hashed);

}  // namespace massface
