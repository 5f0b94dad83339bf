#include "pipeline/replacements.h"

#include "core/random.h"

namespace massface {

Replacements::Replacements(const Dataset& dataset, uint64_t seed, ImageIndex unreadable)
    : dataset_(dataset), identity_(dataset.identity_of(unreadable)) {
  const ImageIndex first = dataset.first_image_of(identity_);
  for (ImageIndex image = first; image < first + dataset.num_images_of(identity_); ++image) {
    if (image != unreadable) of_identity_.push_back(image);
  }
  Random random(seed, RandomStream::kReplacement, static_cast<uint64_t>(unreadable));
  random.shuffle(of_identity_);
  start_ = static_cast<ImageIndex>(random.below(static_cast<uint64_t>(dataset.size())));
}

std::optional<ImageIndex> Replacements::next() {
  if (tried_of_identity_ < static_cast<int64_t>(of_identity_.size())) {
    return of_identity_[static_cast<size_t>(tried_of_identity_++)];
  }
  while (tried_of_circle_ < dataset_.size()) {
    const ImageIndex image = (start_ + tried_of_circle_++) % dataset_.size();
    if (dataset_.identity_of(image) != identity_) return image;
  }
  return std::nullopt;
}

}  // namespace massface
