#include "sampling/identity_sampler.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace massface {
namespace {

void require_triplets(const Dataset& dataset, const IdentitySamplerOptions& options, int64_t usable) {
  require(options.images_per_identity >= 2,
          "batch.images_per_identity is {}: a triplet needs an anchor and a positive, so it must be at least 2",
          options.images_per_identity);
  require(options.identities >= 2, "batch.identities is {}: a triplet needs a negative, so it must be at least 2",
          options.identities);
  require(dataset.num_identities() >= 2,
          "the dataset has {} identity: a triplet needs a negative, so at least 2 are required. Give the folder "
          "that contains one folder per person",
          dataset.num_identities());
  require(usable >= options.identities,
          "batch.identities is {}, but only {} of the dataset's {} identities have the {} images that "
          "batch.min_images asks for. Lower batch.identities or batch.min_images, or use more identities",
          options.identities, usable, dataset.num_identities(), options.min_images);
  require(options.similar_identities <= options.identities,
          "batch.similar_identities is {}, but a batch has batch.identities = {}", options.similar_identities,
          options.identities);
}

}  // namespace

std::vector<IdentityIndex> identities_with_images(const Dataset& dataset, int64_t min_images) {
  std::vector<IdentityIndex> identities;
  for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
    if (dataset.num_images_of(identity) >= min_images) identities.push_back(identity);
  }
  return identities;
}

IdentitySampler::IdentitySampler(const Dataset& dataset, IdentitySamplerOptions options, uint64_t seed,
                                 IdentityNeighbours neighbours)
    : dataset_(dataset),
      options_(options),
      identities_(identities_with_images(dataset, options.min_images)),
      seed_(seed),
      neighbours_(std::move(neighbours)),
      order_([this](int64_t epoch) {
        std::vector<IdentityIndex> order = identities_;
        Random(seed_, RandomStream::kIdentityOrder, static_cast<uint64_t>(epoch)).shuffle(order);
        return neighbours_.empty() ? order : group_similar(order, neighbours_, options_.similar_identities);
      }) {
  require_triplets(dataset, options_, static_cast<int64_t>(identities_.size()));
}

int64_t IdentitySampler::batches_per_epoch() const {
  return (static_cast<int64_t>(identities_.size()) + options_.identities - 1) / options_.identities;
}

std::vector<IdentityIndex> IdentitySampler::identities_of(int64_t step) const {
  const int64_t epoch = step / batches_per_epoch();
  const int64_t start = step % batches_per_epoch() * options_.identities;
  const auto order = order_(epoch);
  const int64_t end = std::min(start + options_.identities, static_cast<int64_t>(order->size()));
  std::vector<IdentityIndex> chosen(order->begin() + start, order->begin() + end);
  if (static_cast<int64_t>(chosen.size()) == options_.identities) return chosen;
  // Always fills the batch: the next shuffle has every identity, and there are at least P.
  for (const IdentityIndex identity : *order_(epoch + 1)) {
    if (static_cast<int64_t>(chosen.size()) == options_.identities) break;
    if (std::ranges::find(chosen, identity) == chosen.end()) chosen.push_back(identity);
  }
  return chosen;
}

void IdentitySampler::append_images(IdentityIndex identity, int64_t step, uint32_t position,
                                    std::vector<ImageIndex>& batch) const {
  Random random(seed_, RandomStream::kImageChoice, static_cast<uint64_t>(step), position);
  std::vector<ImageIndex> images(static_cast<size_t>(dataset_.num_images_of(identity)));
  std::iota(images.begin(), images.end(), dataset_.first_image_of(identity));
  // An image is repeated only after all others have been used.
  for (auto left = static_cast<size_t>(options_.images_per_identity); left > 0;) {
    random.shuffle(images);
    const size_t taken = std::min(left, images.size());
    batch.insert(batch.end(), images.begin(), images.begin() + static_cast<std::ptrdiff_t>(taken));
    left -= taken;
  }
}

std::vector<ImageIndex> IdentitySampler::batch(int64_t step) const {
  check(step >= 0, "steps are counted from 0");
  std::vector<ImageIndex> batch;
  batch.reserve(static_cast<size_t>(batch_size()));
  uint32_t position = 0;
  for (const IdentityIndex identity : identities_of(step)) append_images(identity, step, position++, batch);
  return batch;
}

}  // namespace massface
