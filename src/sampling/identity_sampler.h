#pragma once

#include "sampling/epoch_order.h"
#include "sampling/sampler.h"
#include "sampling/similar_identities.h"

namespace massface {

struct IdentitySamplerOptions {
  int64_t identities = 16;          // P
  int64_t images_per_identity = 4;  // K
  int64_t min_images = 2;           // identities with fewer images are left out
  int64_t similar_identities = 0;   // size of a group of similar identities; 0 or 1: no groups
};

// Returns the identities with at least min_images images, ascending.
std::vector<IdentityIndex> identities_with_images(const Dataset& dataset, int64_t min_images);

// P x K batches for the triplet loss ("In Defense of the Triplet Loss", arXiv:1703.07737, section 2). The list of
// identities is shuffled at the start of each epoch and walked to its end, P identities per batch. Each contributes K
// random images; none is repeated before all images of the identity have been used. An incomplete last batch is filled
// from the front of the next epoch's shuffle, skipping identities that it already has. Images of one identity are
// adjacent in the batch. If neighbours are given, each epoch's shuffle is rearranged so that groups of
// `similar_identities` identities that look alike follow each other (group_similar). Throws Error if fewer than P
// identities remain, P < 2 or K < 2. batch() may be called from several threads.
class IdentitySampler : public Sampler {
 public:
  // Keeps a reference to the dataset, which must outlive the sampler.
  IdentitySampler(const Dataset& dataset, IdentitySamplerOptions options, uint64_t seed,
                  IdentityNeighbours neighbours = {});
  std::vector<ImageIndex> batch(int64_t step) const override;
  int64_t batch_size() const override { return options_.identities * options_.images_per_identity; }
  int64_t batches_per_epoch() const override;

 private:
  std::vector<IdentityIndex> identities_of(int64_t step) const;
  void append_images(IdentityIndex identity, int64_t step, uint32_t position, std::vector<ImageIndex>& batch) const;

  const Dataset& dataset_;
  IdentitySamplerOptions options_;
  std::vector<IdentityIndex> identities_;  // those with enough images
  uint64_t seed_;
  IdentityNeighbours neighbours_;
  EpochOrder order_;  // of identities_
};

}  // namespace massface
