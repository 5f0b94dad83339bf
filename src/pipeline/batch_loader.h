#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"
#include "pipeline/batch.h"
#include "sampling/sampler.h"

namespace massface {

struct PipelineOptions {
  int64_t decode_threads = 0;    // 0: one for every four cores, at least 1
  int64_t prefetch_batches = 4;  // decoded ahead of the step
  bool resize = false;           // resize images of another size; otherwise they are an error
  bool flip = true;              // mirror left-right, half of the time
  int64_t crop_padding = 0;      // pad by so many pixels (edge repeated) and cut back at a random place; 0 is off
  double brightness = 0;         // colour jitter: factor drawn from [1 - x, 1 + x]; 0 is off
  double contrast = 0;
  double saturation = 0;

  void describe(OptionTable& table);
};

// An image that could not be used, and why: a line of RUN/bad_images.txt.
struct BadImageReport {
  ImageIndex image;
  std::string reason;
};

// Decodes and augments the batches of steps first_step, first_step + 1, ... on its own threads, ahead of next().
// Augmentation is a function of (seed, step, position), so a batch is the same however many threads make it.
// An unreadable image is replaced by another of its identity chosen by (seed, image) — or, where the identity has no
// readable one, of the set — and reported once. An image that is readable but not height x width is Error (it names
// `massface align` and `dataset.resize`), unless options.resize.
class BatchLoader {
 public:
  struct Source {
    const Dataset& dataset;
    const Sampler& sampler;
    int64_t height;  // of the network's input, pixels
    int64_t width;
  };

  // max_bad_fraction: Error from next() once more than this part of the dataset's images has been found unreadable.
  BatchLoader(Source source, const PipelineOptions& options, double max_bad_fraction, uint64_t seed, int64_t first_step,
              int64_t end_step);
  ~BatchLoader();

  // The next batch in order. Rethrows what a thread threw. Must not be called more than end_step - first_step times.
  Batch next();

  // Seconds that next() has waited for a batch that was not ready.
  double seconds_waited() const;

  // What was found bad since the last call, each image once, ordered by image.
  std::vector<BadImageReport> take_bad_images();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Decodes `images` in this order on `threads` threads, without augmentation, into uint8 [N, height, width, 3]: for
// evaluation. Throws BadImage that names the image.
Tensor load_images(const std::vector<std::string>& paths, int64_t height, int64_t width, bool resize, int64_t threads);

}  // namespace massface
