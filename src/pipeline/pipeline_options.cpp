#include "pipeline/pipeline_options.h"

namespace massface {

void PipelineOptions::describe(OptionTable& table) {
  table.add("decode_threads", decode_threads, {.min = 0, .max = 1024},
            "Threads that decode and augment ahead of the training step; 0 is one for every four cores, or every "
            "core where a GPU trains. They do not change what comes out.");
  table.add("prefetch_batches", prefetch_batches, {.min = 1, .max = 1024},
            "Batches that may lie ready before the step asks for them. Each takes batch x height x width x 3 bytes.");
  table.add_choice(
      "device_cache", device_cache, {"auto", "on", "off"},
      "Decode the training set once and keep its bytes in the device's memory (width x height x 3 an "
      "image), where batches are augmented. auto does so on a GPU where that takes at most half of what is "
      "free; on does so wherever it fits, a CPU's memory too. Batches are the same either way.");
  table.add("resize", resize,
            "Resize images that are not of the network's size. Otherwise they are an error, since a face has to be "
            "aligned, not only resized (massface align).");
  table.add("flip", flip, "Mirror an image left-right, half of the time.");
  table.add("crop_padding", crop_padding, {.min = 0, .max = 1024},
            "Pad an image by so many pixels on each side, the edge repeated, and cut it back to its size at a random "
            "place; 0 is off.");
  table.add("brightness", brightness, {.min = 0, .max = 1},
            "Multiply an image's pixels by a factor drawn from 1 - brightness to 1 + brightness; 0 is off.");
  table.add("contrast", contrast, {.min = 0, .max = 1},
            "Multiply pixels' distance from the image's mean grey by a factor drawn from 1 - contrast to 1 + contrast; "
            "0 is off.");
  table.add("saturation", saturation, {.min = 0, .max = 1},
            "Multiply pixels' distance from their own grey by a factor drawn from 1 - saturation to 1 + saturation; 0 "
            "is off.");
}

}  // namespace massface
