#pragma once

#include <array>
#include <vector>

#include "synthetic/scene.h"

namespace massface {

// The standard alignment template for 112x112: left eye, right eye, nose tip, left and right mouth corner.
inline constexpr std::array<Point2f, 5> kAlignmentTemplate = {Point2f{38.2946f, 51.6963f}, Point2f{73.5318f, 51.5014f},
                                                              Point2f{56.0252f, 71.7366f}, Point2f{41.5493f, 92.3655f},
                                                              Point2f{70.7299f, 92.2041f}};

// A turned head on the canvas. The head is a shallow ellipsoid with features at their heights above it. It is turned,
// seen in perspective, and then aligned like a real photograph: by the similarity transform that brings its five
// landmarks closest to the template (least squares), plus the detector's error from the scene.
class SyntheticHead {
 public:
  // frame: used only for face_mask(); all points are in aligned pixels.
  SyntheticHead(const SyntheticIdentity& person, const SyntheticScene& scene, const Frame& frame = {});

  // The position, in pixels, of a point of the face (units of identity.h) at `lift` above the ellipsoid.
  Point2f at(float x, float y, float lift = 0) const;
  Curve at(const Curve& face_points, float lift = 0) const;
  // A length of the face in pixels, as seen from the front.
  float pixels(float length) const { return length * scale_; }
  // The corner of the mouth in this expression: side -1 (viewer's left) or 1.
  Point2f mouth_corner(float side) const;
  // The five landmarks in the template's order.
  std::array<Point2f, 5> landmarks() const;
  // The skin from the hairline to the chin, and the rest of the skull without ears and hair.
  const Mask& face_mask() const { return face_mask_; }

  // The light on the point; 1 for a surface that faces a light of strength 1.
  Color light_at(Point2f pixel) const;

 private:
  // A rounded hill (or hollow) on the ellipsoid that catches the light.
  struct Relief {
    Point2f center;
    float radius_x, radius_y, height;
  };
  Point2f project(float x, float y, float z) const;
  std::array<Point2f, 5> face_landmarks() const;
  void align();
  void add_relief(float x, float y, float lift, float radius_x, float radius_y, float height);
  void shape_relief();

  const SyntheticIdentity& person_;
  const SyntheticScene& scene_;
  float cos_yaw_, sin_yaw_, cos_pitch_, sin_pitch_;
  // Pixel = turn_ * projected + shift_, complex numbers.
  Point2f turn_{1, 0};
  Point2f shift_{0, 0};
  float scale_ = 1;
  Point2f skull_center_;
  std::vector<Relief> relief_;
  Mask face_mask_;
};

}  // namespace massface
