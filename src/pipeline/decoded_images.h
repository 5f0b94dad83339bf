#pragma once

#include <map>
#include <string>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/pipeline_options.h"

namespace massface {

// A whole dataset, decoded once. Batches are then taken from memory, on whatever device it is.
struct DecodedImages {
  Tensor pixels;                              // uint8 [N, H, W, 3]; undefined for images that cannot be used
  std::map<ImageIndex, std::string> bad;      // unreadable images, with reasons
  std::map<ImageIndex, std::string> refused;  // images of another size, with the Error for a batch that uses one
};

// Decodes the dataset on options.decode_threads threads (0: one per core), one part after another in the host's memory,
// and copies each part to the device. height, width: those of the network's input. Throws whatever the device's
// allocation throws. Images that cannot be used are reported only when a batch asks for them, as without this cache.
DecodedImages decode_all(const Dataset& dataset, int64_t height, int64_t width, const PipelineOptions& options,
                         at::Device device);

// Returns whether a set of `bytes` bytes is to be kept decoded, according to pipeline.device_cache. "auto" keeps it on
// a GPU if it takes at most half of the free memory there. "on" keeps it wherever it fits, and throws Error, which
// states both sizes, if it does not fit. "off" never keeps it. free_bytes: free memory of the device; 0 if unknown.
bool keeps_decoded(const std::string& device_cache, int64_t bytes, int64_t free_bytes, bool on_gpu);

}  // namespace massface
