#include "align/align_photograph.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "image/orientation.h"
#include "image/warp.h"

namespace massface {
namespace {

// Converts a position between two sizes of the same image, by pixel centres.
Point scaled(Point p, double factor) { return {(p.x + 0.5) * factor - 0.5, (p.y + 0.5) * factor - 0.5}; }

FivePoints scaled(FivePoints points, double factor) {
  for (Point& p : points) p = scaled(p, factor);
  return points;
}

FaceBox scaled(const FaceBox& box, double factor) {
  const auto edge = [factor](float pixel) { return static_cast<float>(pixel * factor); };
  return {edge(box.left), edge(box.top), edge(box.right), edge(box.bottom)};
}

double distance_to_middle(const FaceBox& box, int64_t height, int64_t width) {
  return std::hypot((box.left + box.right) / 2 - static_cast<float>(width) / 2,
                    (box.top + box.bottom) / 2 - static_cast<float>(height) / 2);
}

}  // namespace

std::vector<size_t> choose_faces(const std::vector<Face>& faces, const std::string& rule, int64_t height,
                                 int64_t width) {
  std::vector<size_t> order(faces.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (rule == "central") {
    std::ranges::stable_sort(order, {}, [&](size_t i) { return distance_to_middle(faces[i].box, height, width); });
  } else {
    std::ranges::stable_sort(order, std::greater(),
                             [&](size_t i) { return faces[i].box.width() * faces[i].box.height(); });
  }
  return rule == "all" || order.empty() ? order : std::vector<size_t>{order.front()};
}

int64_t memory_to_align(std::span<const uint8_t> bytes, const AlignmentOptions& options) {
  const ImageHeader reduced = ImageDecoder::reduced_header(bytes, options.max_side);
  const int64_t pixels = reduced.height * reduced.width;
  const auto size = static_cast<int64_t>(bytes.size());
  const int64_t decoding = ImageDecoder::memory_to_decode_reduced(bytes, options.max_side);
  const int64_t detecting = pixels * 3 + Mtcnn::memory_to_detect(pixels, options.detector);
  const int64_t turning = pixels * 6;
  return size + std::max({decoding, turning, detecting});
}

PhotographAligner::PhotographAligner(const FaceDetector* detector, const AlignmentOptions& options)
    : detector_(detector), options_(options), size_(options.height_and_width()), fill_(options.fill_color()) {}

PhotographAligner::Photograph PhotographAligner::read(std::span<const uint8_t> bytes, AlignedPhotograph& result) {
  const ImageHeader header = read_image_header(bytes);
  const int orientation = read_orientation(bytes);
  Photograph photograph{.image = decoder_.decode_reduced(bytes, options_.max_side)};
  photograph.shrunk = static_cast<double>(photograph.image.width) / static_cast<double>(header.width);
  photograph.image = upright(std::move(photograph.image), orientation);
  result.height = orientation >= 5 ? header.width : header.height;
  result.width = orientation >= 5 ? header.height : header.width;
  return photograph;
}

Image PhotographAligner::crop(const Image& image, const FivePoints& landmarks) const {
  const SimilarityTransform transform = estimate_similarity(landmarks, template_points(size_[0], size_[1]));
  if (!(transform.squared_scale() > 0)) throw BadImage("its five landmarks coincide");
  return warp(image, transform, size_[0], size_[1], fill_);
}

AlignedPhotograph PhotographAligner::align(std::span<const uint8_t> bytes) {
  check(detector_ != nullptr, "a detector to find faces with");
  AlignedPhotograph result;
  const Photograph photograph = read(bytes, result);
  result.too_small = std::min(result.height, result.width) < options_.detector.min_face;
  if (result.too_small) return result;
  const auto faces = detector_->detect(photograph.image);
  result.faces_found = static_cast<int64_t>(faces.size());
  for (const size_t i : choose_faces(faces, options_.faces, photograph.image.height, photograph.image.width)) {
    AlignedFace aligned{.face = faces[i], .crop = crop(photograph.image, faces[i].landmarks)};
    aligned.face.box = scaled(aligned.face.box, 1 / photograph.shrunk);
    aligned.face.landmarks = scaled(aligned.face.landmarks, 1 / photograph.shrunk);
    result.faces.push_back(std::move(aligned));
  }
  return result;
}

namespace {

void require_landmarks_in(const FivePoints& landmarks, const AlignedPhotograph& photograph) {
  Point middle;
  for (const Point& p : landmarks) middle = {middle.x + p.x / 5, middle.y + p.y / 5};
  if (middle.x < 0 || middle.y < 0 || middle.x >= static_cast<double>(photograph.width) ||
      middle.y >= static_cast<double>(photograph.height)) {
    throw BadLandmarks(fmt::format("the given landmarks lie about ({:.0f}, {:.0f}), outside the {} x {} photograph",
                                   middle.x, middle.y, photograph.width, photograph.height));
  }
  double spread = 0;
  for (const Point& p : landmarks) spread = std::max({spread, std::abs(p.x - middle.x), std::abs(p.y - middle.y)});
  if (spread < 1) throw BadLandmarks("the given landmarks are all in one place");
}

}  // namespace

AlignedPhotograph PhotographAligner::align_given(std::span<const uint8_t> bytes, const FivePoints& landmarks) {
  AlignedPhotograph result;
  const Photograph photograph = read(bytes, result);
  require_landmarks_in(landmarks, result);
  result.faces_found = 1;
  Face face{.score = 1, .landmarks = landmarks};
  const auto by_x = [](const Point& a, const Point& b) { return a.x < b.x; };
  const auto by_y = [](const Point& a, const Point& b) { return a.y < b.y; };
  const auto [left, right] = std::ranges::minmax_element(landmarks, by_x);
  const auto [top, bottom] = std::ranges::minmax_element(landmarks, by_y);
  face.box = {static_cast<float>(left->x), static_cast<float>(top->y), static_cast<float>(right->x),
              static_cast<float>(bottom->y)};
  result.faces.push_back({face, crop(photograph.image, scaled(landmarks, photograph.shrunk))});
  return result;
}

}  // namespace massface
