#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/unreadable_image.h"
#include "pipeline/batch.h"
#include "pipeline/decoded_images.h"
#include "pipeline/pipeline_options.h"
#include "sampling/sampler.h"

namespace massface {

// Decodes and augments the batches of steps first_step, first_step + 1, ... on its own threads, ahead of next().
// Augmentation is a function of (seed, step, position), so a batch does not depend on the number of threads. An
// unreadable image is reported once and replaced by another image of its identity, chosen by (seed, image); if the
// identity has no readable image, by an image of another identity, with that one's label. An image that is readable but
// not height x width is an Error (it names `massface align` and `pipeline.resize`), unless options.resize or
// center_crop accepts it.
class BatchLoader {
 public:
  // All must outlive the loader and be safe to call from several threads.
  struct Source {
    const Dataset& dataset;
    const Sampler& sampler;
    int64_t height;  // of the network's input, in pixels
    int64_t width;
    // The dataset's images, if they are already decoded. Batches are then augmented in next(), on the device that holds
    // the images, and have the same bytes. Null: images are decoded and augmented on the loader's threads.
    const DecodedImages* decoded = nullptr;
    bool pinned = false;  // make batches in pinned memory, which a GPU can copy from while it computes
    // Load the share of this process of so many (distributed/shares.h) instead of the whole batch. The labels and
    // indices that next() returns are those of the share.
    int64_t rank = 0, processes = 1;
  };

  // max_bad_fraction: next() throws Error once more than this fraction of the dataset's images has been found
  // unreadable.
  // known_bad: images that were found unreadable before; they count, but are not reported again.
  BatchLoader(Source source, const PipelineOptions& options, double max_bad_fraction, uint64_t seed, int64_t first_step,
              int64_t end_step, std::set<ImageIndex> known_bad = {});
  // Stops the threads, whatever they are doing. Takes at most the time of decoding one image.
  ~BatchLoader();

  // Returns the next batch in order. Rethrows what a thread threw while making this batch; earlier batches are still
  // delivered. Must not be called more than end_step - first_step times.
  Batch next();

  // The seconds that next() has waited for batches that were not ready.
  double seconds_waited() const;

  // Returns the bad images found in the batches that next() has delivered (or failed to deliver) since the last call,
  // each image once, ordered by image. Like the batches, they do not depend on the number of threads.
  std::vector<UnreadableImage> take_bad_images();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace massface
