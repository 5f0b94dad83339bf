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
  Face face;  // in pixels of the upright photograph at its full size
  Image crop;
};

// The result of aligning one photograph.
struct AlignedPhotograph {
  int64_t height = 0, width = 0;  // of the upright photograph
  bool too_small = false;         // to hold a face of the minimum size; the detector was not run
  int64_t faces_found = 0;
  std::vector<AlignedFace> faces;  // the chosen ones
};

// Thrown if given landmarks cannot be those of the photograph.
class BadLandmarks : public Error {
 public:
  using Error::Error;
};

// An upper bound of the memory in bytes that aligning a photograph takes at its peak, including its bytes. Throws
// BadImage.
int64_t memory_to_align(std::span<const uint8_t> bytes, const AlignmentOptions& options);

// Aligns photographs: decodes each (very large ones at a fraction of their size), turns it upright, finds its faces,
// chooses among them and crops. Use one object per thread; the detector may be shared.
class PhotographAligner {
 public:
  // detector: must outlive this object; may be null if only align_given() is used.
  PhotographAligner(const FaceDetector* detector, const AlignmentOptions& options);

  // Throws BadImage.
  AlignedPhotograph align(std::span<const uint8_t> bytes);

  // Aligns by given landmarks, in pixels of the upright photograph. Throws BadImage, or BadLandmarks if they are not a
  // face (points in one place) or their mean lies outside the photograph.
  AlignedPhotograph align_given(std::span<const uint8_t> bytes, const FivePoints& landmarks);

 private:
  struct Photograph {
    Image image;
    double shrunk;  // ratio of the image's sides to the photograph's, at most 1
  };

  Photograph read(std::span<const uint8_t> bytes, AlignedPhotograph& result);
  Image crop(const Image& image, const FivePoints& landmarks) const;

  const FaceDetector* detector_;
  AlignmentOptions options_;
  std::array<int64_t, 2> size_;
  std::array<uint8_t, 3> fill_;
  ImageDecoder decoder_;
};

// Returns the positions of the faces that `rule` (largest, central, all) keeps, best first. faces: highest score first;
// ties go to the face with the higher score.
std::vector<size_t> choose_faces(const std::vector<Face>& faces, const std::string& rule, int64_t height,
                                 int64_t width);

}  // namespace massface
