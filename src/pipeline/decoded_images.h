#pragma once

#include <map>
#include <string>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/pipeline_options.h"

namespace massface {

// A whole face set, decoded once: batches are then taken from memory, on whatever device it is.
struct DecodedImages {
  Tensor pixels;                              // uint8 [N, H, W, 3]; anything where an image cannot be used
  std::map<ImageIndex, std::string> bad;      // unreadable, and why
  std::map<ImageIndex, std::string> refused;  // of another size, and what to do: Error where a batch asks for one
};

// On all cores, a part of the set after the other in the host's memory and from there to the device. height, width: of
// the network's input. Throws what the device's allocation throws; what is wrong with an image is told when a batch
// asks for it, as without this.
DecodedImages decode_all(const Dataset& dataset, int64_t height, int64_t width, const PipelineOptions& options,
                         at::Device device);

// Whether a set of so many bytes is to be kept decoded, by pipeline.device_cache: "auto" keeps it on a GPU where it
// takes at most half of what is free there, "on" keeps it wherever it fits (Error, which says both sizes, where it does
// not), "off" never. free_bytes: of the device's memory; 0 where that is not known.
bool keeps_decoded(const std::string& device_cache, int64_t bytes, int64_t free_bytes, bool on_gpu);

}  // namespace massface
