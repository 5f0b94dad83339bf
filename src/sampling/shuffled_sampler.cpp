#include "sampling/shuffled_sampler.h"

#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace massface {

ShuffledSampler::ShuffledSampler(const Dataset& dataset, int64_t batch_size, uint64_t seed)
    : num_images_(dataset.size()), batch_size_(batch_size), order_([num_images = dataset.size(), seed](int64_t epoch) {
        std::vector<ImageIndex> order(static_cast<size_t>(num_images));
        std::iota(order.begin(), order.end(), ImageIndex{0});
        Random(seed, RandomStream::kImageOrder, static_cast<uint64_t>(epoch)).shuffle(order);
        return order;
      }) {
  require(batch_size >= 1, "a batch of {} images: expected at least 1", batch_size);
  require(num_images_ >= batch_size,
          "a batch takes {} images, but the dataset has {}. Use a smaller batch or more images", batch_size,
          num_images_);
}

std::vector<ImageIndex> ShuffledSampler::batch(int64_t step) const {
  check(step >= 0, "steps are counted from 0");
  const auto order = order_(step / batches_per_epoch());
  const auto start = order->begin() + step % batches_per_epoch() * batch_size_;
  return {start, start + batch_size_};
}

}  // namespace massface
