#pragma once

#include <optional>
#include <vector>

#include "core/random.h"
#include "mining/triplets.h"

namespace massface {

// A part of a pool's triplets whose images can be embedded with gradient at once.
struct SubBatch {
  std::vector<int64_t> images;  // distinct rows of the pool, in the order of their first use
  Triplets triplets;            // positions in `images`
};

// Cuts a pool's triplets into sub-batches of at most max_images distinct images, each triplet into exactly one. In a
// shuffled order they join the sub-batch in hand until one would bring too many images; then all those join that bring
// none: an embedding that is paid for serves every triplet it can. batch_all of ten batches needs a ninth of the steps.
class SubBatches {
 public:
  // triplets: ascending by anchor, as mine_triplets() lists them. max_images: at least 3. random: of the order.
  SubBatches(Triplets triplets, int64_t max_images, Random random);

  // nullopt: every triplet has been in one.
  std::optional<SubBatch> next();

 private:
  struct Cut;
  void begin(Cut& cut);
  void add_what_fits(Cut& cut);
  void take(int64_t triplet, Cut& cut);

  Triplets triplets_;
  const int64_t* anchors_;
  const int64_t* positives_;
  const int64_t* negatives_;
  int64_t max_images_;
  std::vector<int64_t> order_;
  size_t next_ = 0;  // in order_
  std::vector<bool> taken_;
};

}  // namespace massface
