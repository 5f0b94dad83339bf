#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "pipeline/other_size.h"

namespace massface {

struct PipelineOptions {
  int64_t decode_threads = 0;    // 0: one for every four cores, at least 1; one per core with a GPU
  int64_t prefetch_batches = 4;  // decoded ahead of the training step
  std::string device_cache = "auto";
  bool resize = false;       // resize images of another size
  bool center_crop = false;  // crop the middle of larger images; with neither, another size is an error
  bool flip = true;          // mirror left-right with probability 0.5
  int64_t crop_padding = 0;  // pad by this many pixels (edge repeated) and crop at a random position; 0: off
  double brightness = 0;     // colour jitter: factor drawn from [1 - x, 1 + x]; 0: off
  double contrast = 0;
  double saturation = 0;
  double grey = 0;   // probability
  double erase = 0;  // probability
  double erase_area = 0.2;
  double blur = 0;                   // probability
  double blur_sigma = 1.5;           // pixels; the largest
  double low_resolution = 0;         // probability
  double low_resolution_factor = 4;  // the largest
  double jpeg = 0;                   // probability
  int64_t jpeg_quality = 30;         // the lowest

  // Throws Error if both resize and center_crop are set.
  OtherSize other_size() const;

  // Bare names; the caller groups them under "pipeline".
  void describe(OptionTable& table);
};

}  // namespace massface
