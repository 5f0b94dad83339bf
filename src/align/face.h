#pragma once

#include <vector>

#include "align/five_points.h"
#include "image/image.h"

namespace massface {

// A box in pixels of the photograph; may extend beyond its edges.
struct FaceBox {
  float left = 0, top = 0, right = 0, bottom = 0;

  float width() const { return right - left; }
  float height() const { return bottom - top; }
};

struct Face {
  FaceBox box;
  float score = 0;  // confidence of the detector, 0 to 1
  FivePoints landmarks;
};

class FaceDetector {
 public:
  virtual ~FaceDetector() = default;

  // Returns all faces, highest score first. May be called from several threads.
  virtual std::vector<Face> detect(const Image& photograph) const = 0;
};

}  // namespace massface
