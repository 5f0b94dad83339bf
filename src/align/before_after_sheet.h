#pragma once

#include <filesystem>
#include <vector>

#include "align/face.h"
#include "image/image.h"

namespace massface {

// A cropped face: the photograph, its width when upright, the face in pixels of the upright photograph, and the crop.
struct CutOutFace {
  std::filesystem::path photograph;
  int64_t width = 0;
  Face face;
  std::filesystem::path crop;
};

// Shows photographs with the face's box and landmarks drawn in, each above its crop: at most kBeforeAfterFaces of them,
// spread evenly over the list, in rows of six on grey. What cannot be read is left grey.
constexpr int64_t kBeforeAfterFaces = 24;
Image before_after_sheet(const std::vector<CutOutFace>& faces);

}  // namespace massface
