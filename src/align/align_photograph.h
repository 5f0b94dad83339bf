#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "align/alignment_options.h"
#include "align/face.h"
#include "core/error.h"
#include "image/decode.h"

namespace massface {

struct AlignedFace {
  Face face;  // in pixels of the photograph at its full size, seen upright
  Image crop;
};

// What became of a photograph.
struct AlignedPhotograph {
  int64_t height = 0, width = 0;  // seen upright
  bool too_small = false;         // to hold a face of the least size that is looked for; the detector was not asked
  int64_t faces_found = 0;
  std::vector<AlignedFace> faces;  // those that were chosen
};

// Given landmarks that cannot be those of the photograph.
class BadLandmarks : public Error {
 public:
  using Error::Error;
};

// One photograph: decoded (a very large one at a fraction of its size), turned upright, its faces found, chosen among
// and cut out. One object serves one thread; the detector may serve several.
class PhotographAligner {
 public:
  // detector: outlives it; null where only align_given() is asked for.
  PhotographAligner(const FaceDetector* detector, const AlignmentOptions& options);

  // Throws BadImage.
  AlignedPhotograph align(std::span<const uint8_t> bytes);

  // By landmarks that are known, in pixels of the photograph seen upright. Throws BadImage, or BadLandmarks where they
  // are no face (points in one place) or their middle lies outside of the photograph.
  AlignedPhotograph align_given(std::span<const uint8_t> bytes, const FivePoints& landmarks);

 private:
  struct Photograph {
    Image image;
    double shrunk;  // sides of the image to those of the photograph, 1 or less
  };

  Photograph read(std::span<const uint8_t> bytes, AlignedPhotograph& result);
  Image crop(const Image& image, const FivePoints& landmarks) const;

  const FaceDetector* detector_;
  AlignmentOptions options_;
  std::array<int64_t, 2> size_;
  std::array<uint8_t, 3> fill_;
  ImageDecoder decoder_;
};

// The positions of the faces that `rule` (largest, central, all) keeps, the best first. Ties go to the surer face.
std::vector<size_t> choose_faces(const std::vector<Face>& faces, const std::string& rule, int64_t height,
                                 int64_t width);

}  // namespace massface
