#include "dataset/base_indices.h"

#include "core/error.h"

namespace massface {

std::vector<ImageIndex> indices_in(const Dataset& whole, const Dataset& part) {
  std::vector<ImageIndex> indices;
  indices.reserve(static_cast<size_t>(part.size()));
  IdentityIndex in_whole = 0;
  for (IdentityIndex identity = 0; identity < part.num_identities(); ++identity) {
    // Both are sorted by name.
    while (in_whole < whole.num_identities() && whole.identity_name(in_whole) != part.identity_name(identity))
      ++in_whole;
    check(in_whole < whole.num_identities() && whole.num_images_of(in_whole) == part.num_images_of(identity),
          "every identity of a selection is in the set");
    for (int64_t i = 0; i < part.num_images_of(identity); ++i) indices.push_back(whole.first_image_of(in_whole) + i);
  }
  return indices;
}

}  // namespace massface
