#pragma once

#include <functional>
#include <span>
#include <vector>

#include "recognition/list_images.h"
#include "recognition/recognizer.h"

namespace massface {

// An image with the faces that were found in it.
struct RecognizedImage {
  NamedImage image;
  ReadImage read;
  Tensor embeddings;           // float32 [faces, D] of unit length, on the CPU
  std::vector<float> quality;  // [faces] (recognition/embed_faces.h)

  const float* embedding(size_t face) const {
    return embeddings.const_data_ptr<float>() + static_cast<int64_t>(face) * embeddings.size(1);
  }
};

// Says on standard error that an image has no face, or why it cannot be read.
void warn_of_left_out(const RecognizedImage& image);

// Called after each part of the images, with their number so far and in all.
using ImagesDone = std::function<void(int64_t done, int64_t total)>;

// Reads images and embeds their faces, some dozens at a time: enough to keep the network busy, and few enough that
// memory does not grow with the number of images. use() gets each such part, in the order of the images. Throws
// Interrupted, between two parts, if a signal asks to stop, and what FaceReader::read() and use() throw.
void recognize_images(Recognizer& recognizer, std::span<const NamedImage> images,
                      const std::function<void(std::span<const RecognizedImage>)>& use, const ImagesDone& done = {});

}  // namespace massface
