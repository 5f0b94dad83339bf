#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "pipeline/batch.h"
#include "pipeline/decoded_images.h"
#include "pipeline/pipeline_options.h"
#include "sampling/sampler.h"

namespace massface {

// An image that could not be used, and why: a line of RUN/bad_images.txt.
struct BadImageReport {
  ImageIndex image;
  std::string reason;
};

// Decodes and augments the batches of steps first_step, first_step + 1, ... on its own threads, ahead of next().
// Augmentation is a function of (seed, step, position), so a batch is the same however many threads make it.
// An unreadable image is replaced by another of its identity chosen by (seed, image) — or, where the identity has no
// readable one, of the set, with that one's label — and reported once. An image that is readable but not height x
// width is Error (it names `massface align` and `pipeline.resize`), unless options.resize.
class BatchLoader {
 public:
  // All must outlive the loader and be safe to call from several threads.
  struct Source {
    const Dataset& dataset;
    const Sampler& sampler;
    int64_t height;  // of the network's input, pixels
    int64_t width;
    // The dataset's images where they have been decoded already: batches are then augmented in next(), on the device
    // that holds them, and are the same. Null: decoded and augmented on the loader's threads.
    const DecodedImages* decoded = nullptr;
    bool pinned = false;  // batches in memory that a GPU can copy from beside its computation
  };

  // max_bad_fraction: Error from next() once more than this part of the dataset's images has been found unreadable.
  // known_bad: images that were found unreadable before; they count, and are not reported again.
  BatchLoader(Source source, const PipelineOptions& options, double max_bad_fraction, uint64_t seed, int64_t first_step,
              int64_t end_step, std::set<ImageIndex> known_bad = {});
  // Ends the threads, whatever they are doing; takes at most the time of an image.
  ~BatchLoader();

  // The next batch in order. Rethrows what a thread threw while making this batch; earlier ones are still delivered.
  // Must not be called more than end_step - first_step times.
  Batch next();

  // Seconds that next() has waited for a batch that was not ready.
  double seconds_waited() const;

  // What was found bad in the batches that next() has delivered (or failed to) since the last call, each image once,
  // ordered by image: like the batches, independent of the threads.
  std::vector<BadImageReport> take_bad_images();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace massface
