#pragma once

#include "sampling/epoch_order.h"
#include "sampling/sampler.h"
#include "sampling/similar_identities.h"

namespace massface {

struct IdentitySamplerOptions {
  int64_t identities = 16;          // P
  int64_t images_per_identity = 4;  // K
  int64_t min_images = 2;           // identities with fewer are left out
  int64_t similar_identities = 0;   // that follow each other; 0 or 1: none are sought
};

// Ascending.
std::vector<IdentityIndex> identities_with_images(const Dataset& dataset, int64_t min_images);

// P x K batches for the triplet loss ("In Defense of the Triplet Loss", arXiv:1703.07737, section 2). The identity
// list is shuffled at the start of each epoch and walked to its end, P identities a batch; K random images of each,
// without replacement where it has K images, otherwise all of them and then repeating. A last incomplete batch is
// filled from the front of the next epoch's shuffle, skipping identities it already has. Images of one identity are
// adjacent in the batch. Where neighbours are given, each epoch's shuffle is rearranged so that `similar_identities`
// that look alike follow each other (group_similar). Throws Error when fewer than P identities remain, P < 2 or K < 2.
// batch() may be called from several threads.
class IdentitySampler : public Sampler {
 public:
  // Keeps a reference to the dataset, which must outlive it.
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
