#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "align/align_photograph.h"
#include "align/memory_budget.h"
#include "model/model.h"
#include "pipeline/other_size.h"

namespace massface {

struct FaceReaderOptions {
  bool aligned = false;                      // the images are crops, as `massface align` writes them
  OtherSize other_size = OtherSize::kError;  // crops of another size than the network's input
  AlignmentOptions alignment;                // of photographs; its size is set to the network's input
  int64_t threads = 1;                       // photographs at a time
  int64_t memory_bytes = int64_t{1} << 30;   // for those photographs
};

// What was found in one image.
struct ReadImage {
  std::string decision;  // of align/manifest.h: aligned, no_face, bad_image, ...
  std::string reason;    // what is wrong with the file; "" if nothing is
  int64_t height = 0, width = 0;
  std::vector<AlignedFace> faces;  // crops of the network's input size; best first. A given crop has no landmarks
};

// Finds the faces of images and crops them for a network. A file that cannot be read, or without a face, is a result
// with a reason, and ends nothing.
class FaceReader {
 public:
  // input: the network's. detector: must outlive this; may be null if the images are aligned.
  FaceReader(const InputFormat& input, const FaceDetector* detector, FaceReaderOptions options);

  // Returns one result per file, in their order. A given crop of a size that options.other_size does not accept is a
  // bad image. Throws Interrupted if a signal asks to stop.
  std::vector<ReadImage> read(const std::vector<std::filesystem::path>& files);

 private:
  std::vector<ReadImage> read_photographs(const std::vector<std::filesystem::path>& files);
  std::vector<ReadImage> read_crops(const std::vector<std::filesystem::path>& files) const;

  InputFormat input_;
  const FaceDetector* detector_;
  FaceReaderOptions options_;
  MemoryBudget memory_;
};

}  // namespace massface
