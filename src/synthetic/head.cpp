#include "synthetic/head.h"

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

// The ellipsoid's half axes and centre, and the depth of the axis the head turns about.
constexpr float kHalfWidth = 1.45f;
constexpr float kHalfHeight = 2.0f;
constexpr float kCenterY = 0.35f;
constexpr float kPivotDepth = 1.0f;

float surface(float x, float y) {
  const float u = x / kHalfWidth;
  const float v = (y - kCenterY) / kHalfHeight;
  return std::sqrt(std::max(0.05f, 1 - u * u - v * v)) - 1;
}

Curve face_outline(const SkullShape& skull, float chin_drop) {
  const float chin_y = skull.chin_y + chin_drop;
  const Curve right = {{0.55f * skull.forehead_width, -1.62f},
                       {skull.forehead_width, -1.1f},
                       {skull.temple_width, -0.35f},
                       {skull.cheek_width, 0.45f},
                       {skull.jaw_width, skull.jaw_y + 0.6f * chin_drop},
                       {skull.chin_width, chin_y - 0.1f}};
  Curve outline = {{0, -1.75f}};
  outline.insert(outline.end(), right.begin(), right.end());
  outline.push_back({0, chin_y});
  for (size_t i = right.size(); i-- > 0;) outline.push_back({-right[i].x, right[i].y});
  return outline;
}

}  // namespace

SyntheticHead::SyntheticHead(const SyntheticIdentity& person, const SyntheticScene& scene, const Frame& frame)
    : person_(person),
      scene_(scene),
      cos_yaw_(std::cos(scene.pose.yaw)),
      sin_yaw_(std::sin(scene.pose.yaw)),
      cos_pitch_(std::cos(scene.pose.pitch)),
      sin_pitch_(std::sin(scene.pose.pitch)) {
  align();
  skull_center_ = at(0, kCenterY, -0.6f);
  shape_relief();
  face_mask_ = fill(smooth_closed(at(face_outline(person.skull, 0.16f * scene.expression.mouth_open))), frame);
}

Point2f SyntheticHead::project(float x, float y, float z) const {
  x *= 1 + (x < 0 ? -scene_.pose.asymmetry : scene_.pose.asymmetry);
  const float depth = z + kPivotDepth;
  const float turned_x = x * cos_yaw_ + depth * sin_yaw_;
  const float turned_depth = depth * cos_yaw_ - x * sin_yaw_;
  const float height = y - kCenterY;
  const float tilted_y = height * cos_pitch_ - turned_depth * sin_pitch_;
  const float tilted_depth = turned_depth * cos_pitch_ + height * sin_pitch_;
  constexpr float kCameraDistance = 9;
  const float perspective = kCameraDistance / (kCameraDistance + kPivotDepth - tilted_depth);
  return {turned_x * perspective, tilted_y * perspective};
}

Point2f SyntheticHead::mouth_corner(float side) const {
  const float smile = scene_.expression.smile;
  const MouthShape& mouth = person_.mouth;
  return {side * mouth.width * (1 + 0.14f * smile - 0.08f * scene_.expression.mouth_open),
          mouth.y + mouth.corner - 0.06f * smile};
}

std::array<Point2f, 5> SyntheticHead::face_landmarks() const {
  const float eye = 0.5f * person_.eyes.spacing;
  return {Point2f{-eye, 0}, Point2f{eye, 0}, Point2f{0, person_.nose.tip_y}, mouth_corner(-1), mouth_corner(1)};
}

void SyntheticHead::align() {
  const std::array<Point2f, 5> face = face_landmarks();
  std::array<Point2f, 5> seen;
  Point2f seen_mean{};
  Point2f template_mean{};
  for (size_t i = 0; i < 5; ++i) {
    const float lift = i == 2 ? person_.nose.relief : 0;
    seen[i] = project(face[i].x, face[i].y, surface(face[i].x, face[i].y) + lift);
    seen_mean = seen_mean + 0.2f * seen[i];
    template_mean = template_mean + 0.2f * kAlignmentTemplate[i];
  }
  // Umeyama 1991 in the plane, where a rotation with a scale is one complex factor.
  Point2f numerator{};
  float denominator = 0;
  for (size_t i = 0; i < 5; ++i) {
    const Point2f from = seen[i] - seen_mean;
    numerator = numerator + multiply(conjugate(from), kAlignmentTemplate[i] - template_mean);
    denominator += from.x * from.x + from.y * from.y;
  }
  const Pose& pose = scene_.pose;
  const Point2f detector_error{pose.scale * std::cos(pose.roll), pose.scale * std::sin(pose.roll)};
  turn_ = multiply((1 / denominator) * numerator, detector_error);
  shift_ = template_mean + Point2f{pose.shift_x, pose.shift_y} - multiply(turn_, seen_mean);
  scale_ = std::sqrt(turn_.x * turn_.x + turn_.y * turn_.y);
}

Point2f SyntheticHead::at(float x, float y, float lift) const {
  return multiply(turn_, project(x, y, surface(x, y) + lift)) + shift_;
}

Curve SyntheticHead::at(const Curve& face_points, float lift) const {
  Curve curve;
  curve.reserve(face_points.size());
  for (const Point2f& point : face_points) curve.push_back(at(point.x, point.y, lift));
  return curve;
}

std::array<Point2f, 5> SyntheticHead::landmarks() const {
  std::array<Point2f, 5> points = face_landmarks();
  for (size_t i = 0; i < 5; ++i) points[i] = at(points[i].x, points[i].y, i == 2 ? person_.nose.relief : 0);
  return points;
}

void SyntheticHead::add_relief(float x, float y, float lift, float radius_x, float radius_y, float height) {
  relief_.push_back({at(x, y, lift), pixels(radius_x), pixels(radius_y), pixels(height)});
}

void SyntheticHead::shape_relief() {
  const NoseShape& nose = person_.nose;
  const float eye = 0.5f * person_.eyes.spacing;
  for (float t : {0.2f, 0.5f, 0.8f, 1.0f}) {
    const float width = nose.bridge_width + t * t * (0.75f * nose.width - nose.bridge_width);
    add_relief(0, t * nose.tip_y, t * nose.relief, 1.3f * width, 0.2f, 0.35f * t * nose.relief);
  }
  for (float side : {-1.0f, 1.0f}) {
    add_relief(side * 0.75f * nose.width, nose.tip_y + 0.04f, 0.12f, 0.12f, 0.13f, 0.06f);
    add_relief(side * 0.62f, 0.56f, 0, 0.36f, 0.30f, 0.12f);
    add_relief(side * eye, 0, 0, 0.34f, 0.2f, -0.10f);
    add_relief(side * eye, -person_.brows.gap, 0, 0.36f, 0.14f, 0.05f);
  }
  add_relief(0, person_.skull.chin_y - 0.25f, 0, 0.32f, 0.24f, 0.09f);
  add_relief(0, person_.mouth.y, 0, 0.8f * person_.mouth.width, 0.16f, 0.05f);
}

Color SyntheticHead::light_at(Point2f pixel) const {
  // The slope of the ellipsoid itself: its normal is (u / a, v / b, w / c) with a depth axis of length 1.
  const float u = (pixel.x - skull_center_.x) / pixels(kHalfWidth);
  const float v = (pixel.y - skull_center_.y) / pixels(kHalfHeight);
  const float w = std::sqrt(std::max(0.12f, 1 - u * u - v * v));
  float x = u / kHalfWidth;
  float y = v / kHalfHeight;
  for (const Relief& hill : relief_) {
    const float dx = (pixel.x - hill.center.x) / hill.radius_x;
    const float dy = (pixel.y - hill.center.y) / hill.radius_y;
    const float r2 = dx * dx + dy * dy;
    if (r2 > 8) continue;
    // Height h / (1 + r^2)^2: its slope is -4 h r / (1 + r^2)^3.
    const float base = 1 + r2;
    const float slope = 4 * w * hill.height / (base * base * base);
    x += slope * dx / hill.radius_x;
    y += slope * dy / hill.radius_y;
  }
  const float length = std::sqrt(x * x + y * y + w * w);
  const Light& light = scene_.light;
  const float facing = (x * light.x + y * light.y + w * light.z) / length;
  // Light wraps slightly around the edge, as from a lamp that is not a point.
  const float diffuse = std::max(0.0f, (facing + 0.2f) / 1.2f);
  const float mirrored =
      std::max(0.0f, (x * light.x + y * light.y + w * (light.z + 1)) / (length * std::sqrt(2 + 2 * light.z)));
  const float m4 = mirrored * mirrored * mirrored * mirrored;
  const float gloss = light.gloss * m4 * m4 * m4 * m4;
  return light.ambient * light.ambient_color + light.strength * (diffuse + gloss) * light.color;
}

}  // namespace massface
