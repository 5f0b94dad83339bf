#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "distributed/processes.h"
#include "model/embedder.h"
#include "pipeline/load_images.h"

namespace massface {

struct EmbeddedImages {
  Tensor embeddings;                        // float32 [N, D] on the CPU, not yet of unit length
  std::vector<UnreadableImage> unreadable;  // ascending by `image`, their row, which is meaningless
  double load_seconds = 0;                  // spent on reading and decoding
};

struct EmbedImagesOptions {
  Flip flip = Flip::kNone;
  OtherSize other_size = OtherSize::kError;
  int64_t batch = 64;                               // images that the network takes at a time
  int64_t threads = 1;                              // that read and decode
  std::function<void(int64_t done)> progress = {};  // called after each chunk with the images done so far
  // Each of them reads and embeds its share of a chunk, and all have the result. progress is called by all, with the
  // same numbers.
  std::shared_ptr<Processes> processes = single_process();
};

// Number of decoded images that a process holds at a time: 1,024 images of 112 x 112 take 39 MB, however many there are
// in total.
inline constexpr int64_t kImagesPerChunk = 1024;

// Reads and embeds `count` images (at least 1), chunk by chunk, without augmentation. source(i): image i. Evaluation,
// validation, the pools and cleaning all embed their images with this function. Throws Error for an image of another
// size that options.other_size does not accept, and whatever progress throws.
EmbeddedImages embed_images(const ImageEmbedder& embedder, int64_t count,
                            const std::function<ImageSource(int64_t i)>& source, const EmbedImagesOptions& options);

// The same for images of a dataset: row i of the result is images[i].
EmbeddedImages embed_images(const ImageEmbedder& embedder, const Dataset& dataset,
                            const std::vector<ImageIndex>& images, const EmbedImagesOptions& options);

// The embeddings of the images that could be read.
struct ReadableRows {
  std::vector<int64_t> rows;  // ascending: which rows of EmbeddedImages::embeddings these are
  Tensor embeddings;          // float32 [rows.size(), D] of unit length, on the CPU
};

ReadableRows readable_unit_rows(const EmbeddedImages& embedded);

}  // namespace massface
