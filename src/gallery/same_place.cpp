#include "gallery/same_place.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

float area_of(const FaceBox& box) { return std::max(box.width(), 0.0f) * std::max(box.height(), 0.0f); }

float overlap_of(const FaceBox& a, const FaceBox& b) {
  const FaceBox both{std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                     std::min(a.bottom, b.bottom)};
  const float common = both.width() > 0 && both.height() > 0 ? area_of(both) : 0;
  const float either = area_of(a) + area_of(b) - common;
  return either > 0 ? common / either : 0;
}

// nullopt: it is no place.
std::optional<nlohmann::ordered_json> parsed(const std::string& place) {
  try {
    auto json = nlohmann::ordered_json::parse(place);
    const auto box = json.at("box").get<std::vector<float>>();
    const auto landmarks = json.at("landmarks").get<std::vector<std::vector<float>>>();
    const bool is_whole = box.size() == 4 && landmarks.size() == Face{}.landmarks.size() &&
                          std::ranges::all_of(landmarks, [](const auto& point) { return point.size() == 2; }) &&
                          json.at("score").is_number();
    if (is_whole) return json;
  } catch (const nlohmann::json::exception&) {
  }
  return std::nullopt;
}

FaceBox box_of(const std::string& place) {
  const auto box = place_json(place).at("box").get<std::array<float, 4>>();
  return {box[0], box[1], box[2], box[3]};
}

}  // namespace

nlohmann::ordered_json place_json(const std::string& place) {
  auto json = parsed(place);
  require(json.has_value(),
          "the gallery is damaged: \"{}\" is not the place of a face. Go back to an earlier copy of it",
          printable(place));
  return *std::move(json);
}

bool is_place(const std::string& place) { return parsed(place).has_value(); }

bool is_crop(const std::string& place) {
  const auto landmarks = place_json(place).at("landmarks").get<std::vector<std::vector<float>>>();
  return std::ranges::all_of(landmarks, [](const auto& point) { return point[0] == 0 && point[1] == 0; });
}

std::optional<size_t> face_at(const std::string& place, const std::vector<AlignedFace>& faces) {
  constexpr float kSameFace = 0.5f;
  const FaceBox box = box_of(place);
  std::optional<size_t> best;
  float best_overlap = kSameFace;
  for (size_t i = 0; i < faces.size(); ++i) {
    const float overlap = overlap_of(box, faces[i].face.box);
    if (overlap < best_overlap) continue;
    best = i;
    best_overlap = overlap;
  }
  return best;
}

}  // namespace massface
