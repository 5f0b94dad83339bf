#pragma once

#include <set>
#include <vector>

#include "pool/batch_source.h"

namespace massface {

// The images that several loaders, one after the other, have found unreadable.
class BadImageList {
 public:
  explicit BadImageList(std::set<ImageIndex> known) : known_(std::move(known)) {}

  void add_from(SharedBatches& batches);
  void add(UnreadableImage image);
  const std::set<ImageIndex>& known() const { return known_; }
  std::vector<UnreadableImage> take();

 private:
  std::set<ImageIndex> known_;
  std::vector<UnreadableImage> unreported_;
};

// The embeddings of a part of the training set.
struct EmbeddedSet {
  std::vector<ImageIndex> images;  // [N], ascending; without those that cannot be read
  Tensor embeddings;               // float32 [N, D] of unit length, on the CPU
  Tensor labels;                   // int64 [N]
  double seconds_waited = 0;       // waiting for images
};

// Embeds images with the current network, in evaluation mode and without augmentation. images: ascending. Logs its
// progress once a minute. Throws what BatchLoader::next() throws, and Interrupted if a signal asks the run to stop.
EmbeddedSet embed_set(const PhaseContext& phase, const std::vector<ImageIndex>& images, BadImageList& bad);

}  // namespace massface
