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

// Cuts a pool's triplets into sub-batches of at most max_images distinct images, each triplet into exactly one.
// Triplets join the current sub-batch in a shuffled order until one would bring too many images. Then all triplets join
// that bring no further image, since every embedding should serve as many triplets as it can. batch_all on ten batches
// then needs a ninth of the steps.
class SubBatches {
 public:
  // triplets: ascending by anchor, as mine_triplets() lists them. max_images: at least 3. random: shuffles the order.
  SubBatches(Triplets triplets, int64_t max_images, Random random);

  // Returns the next sub-batch, or nullopt once every triplet has been in one.
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
