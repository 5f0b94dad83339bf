#include "pipeline/pipeline_options.h"

#include "core/error.h"

namespace massface {

OtherSize PipelineOptions::other_size() const {
  require(!resize || !center_crop,
          "pipeline.resize and pipeline.center_crop both treat images of another size; choose one");
  return other_size_of(resize, center_crop);
}

void PipelineOptions::describe(OptionTable& table) {
  table.add("decode_threads", decode_threads, {.min = 0, .max = 1024},
            "Number of threads that decode and augment images ahead of the training step (0: one for every four cores, "
            "or one for every core if a GPU trains). The result does not depend on it.");
  table.add(
      "prefetch_batches", prefetch_batches, {.min = 1, .max = 1024},
      "Number of batches that may be ready ahead of the training step. Each takes batch x height x width x 3 bytes.");
  table.add_choice(
      "device_cache", device_cache, {"auto", "on", "off"},
      "Decode the training set once and keep its pixels in the device's memory (width x height x 3 bytes per image), "
      "where batches are augmented. auto: on a GPU, if they take at most half of the free memory. on: wherever they "
      "fit, also in a CPU's memory. Batches are the same in every case.");
  table.add(
      "resize", resize,
      "Resize images whose size is not that of the network's input. Otherwise they are an error, since faces must "
      "be aligned, not only resized (massface align).");
  table.add("center_crop", center_crop,
            "Crop the middle of images that are larger than the network's input: 112 x 112 crops become the 112 x 96 "
            "that some published networks take.");
  table.add("flip", flip, "Mirror an image left-right with probability 0.5.");
  table.add("crop_padding", crop_padding, {.min = 0, .max = 1024},
            "Pad an image by this many pixels on each side, repeating the edge, and crop it to its original size at a "
            "random position; 0: off.");
  table.add("brightness", brightness, {.min = 0, .max = 1},
            "Multiply an image's pixels by a factor drawn from 1 - brightness to 1 + brightness; 0: off.");
  table.add(
      "contrast", contrast, {.min = 0, .max = 1},
      "Multiply the pixels' distance from the image's mean grey by a factor drawn from 1 - contrast to 1 + contrast; "
      "0: off.");
  table.add(
      "saturation", saturation, {.min = 0, .max = 1},
      "Multiply the pixels' distance from their own grey by a factor drawn from 1 - saturation to 1 + saturation; "
      "0: off.");
  table.add("grey", grey, {.min = 0, .max = 1}, "Probability that an image loses its colours; 0: off.");
  table.add("erase", erase, {.min = 0, .max = 1},
            "Probability that a rectangle of an image is replaced by one random colour (random erasing); 0: off.");
  table.add("erase_area", erase_area, {.min = 0.02, .max = 0.9},
            "Largest part of an image that erase replaces; the smallest is 0.02.");
  table.add("blur", blur, {.min = 0, .max = 1}, "Probability that an image is blurred (Gaussian); 0: off.");
  table.add("blur_sigma", blur_sigma, {.min = 0.3, .max = 2},
            "Largest standard deviation of blur, in pixels; it is drawn from 0.3 pixels upwards.");
  table.add("low_resolution", low_resolution, {.min = 0, .max = 1},
            "Probability that an image is reduced and enlarged again, as if the face had been far away; 0: off.");
  table.add("low_resolution_factor", low_resolution_factor, {.min = 1, .max = 16},
            "Largest factor by which low_resolution reduces an image; it is drawn from 1 upwards.");
  table.add("jpeg", jpeg, {.min = 0, .max = 1},
            "Probability that an image loses what a JPEG of low quality loses (4:2:0 chroma); 0: off.");
  table.add("jpeg_quality", jpeg_quality, {.min = 1, .max = 95},
            "Lowest quality of jpeg, as libjpeg counts it; it is drawn up to 95.");
}

}  // namespace massface
