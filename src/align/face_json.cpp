#include "align/face_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace massface {
namespace {

// Rounds to multiples of 1 / steps.
double rounded_to(double value, double steps) { return std::round(value * steps) / steps; }

}  // namespace

nlohmann::ordered_json face_json(const Face& face) {
  constexpr double kHundredths = 100, kTenThousandths = 1e4;
  const FaceBox& box = face.box;
  nlohmann::ordered_json json{{"box", nlohmann::ordered_json::array()},
                              {"landmarks", nlohmann::ordered_json::array()},
                              {"score", rounded_to(face.score, kTenThousandths)}};
  for (const float edge : {box.left, box.top, box.right, box.bottom}) {
    json["box"].push_back(rounded_to(edge, kHundredths));
  }
  for (const Point& p : face.landmarks) {
    json["landmarks"].push_back({rounded_to(p.x, kHundredths), rounded_to(p.y, kHundredths)});
  }
  return json;
}

}  // namespace massface
