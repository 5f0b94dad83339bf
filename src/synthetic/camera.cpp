#include "synthetic/camera.h"

#include <algorithm>

namespace massface {
namespace {

// The sum of four random bytes is close to normal, and a single number of the generator provides all four.
float noise(Random& random) {
  const uint32_t bits = random.next_u32();
  const auto sum = static_cast<int32_t>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
  return static_cast<float>(sum - 510) / 147.8f;
}

// Film and sensors compress highlights instead of clipping them.
float shoulder(float light) {
  constexpr float kKnee = 0.6f;
  if (light <= kKnee) return light;
  const float over = (light - kKnee) / (1 - kKnee);
  return kKnee + (1 - kKnee) * over / (0.8f + over);
}

}  // namespace

void cast_shadow(Canvas& canvas, const Camera& camera, const Frame& frame, float beyond) {
  if (camera.shadow_depth <= 0) return;
  const float size = static_cast<float>(kFaceSize);
  // The shadow's edge crosses the aligned face from t = 0 at its top to t = 1 at its bottom.
  const auto edge = [&](float t) {
    return Point2f{camera.shadow_edge + t * camera.shadow_slope * size, -1 + t * (size + 1)};
  };
  const Point2f top = edge(-beyond), bottom = edge(1 + beyond);
  const float left = -1 - beyond * size;
  Mask shadow = fill({{left, top.y}, top, bottom, {left, bottom.y}}, frame);
  shadow.blur(2.0f);
  canvas.paint(shadow, [&](Point2f, Color lit) { return (1 - camera.shadow_depth) * lit; });
}

void expose(Canvas& canvas, const Camera& camera, Random& random) {
  for (int64_t y = 0; y < canvas.height(); ++y) {
    for (int64_t x = 0; x < canvas.width(); ++x) {
      Color pixel = camera.exposure * (camera.cast * canvas.at(x, y));
      const float grey = luminance(pixel);
      pixel = mix({grey, grey, grey}, pixel, camera.saturation);
      // Contrast is relative to a middle grey. The sensor's noise grows with the light, but more slowly than the light.
      constexpr float kMiddle = 0.22f;
      pixel = mix({kMiddle, kMiddle, kMiddle}, pixel, camera.contrast);
      const float amplitude = camera.noise * (0.25f + std::clamp(grey, 0.0f, 1.0f));
      const float r = shoulder(pixel.r) + amplitude * noise(random);
      const float g = shoulder(pixel.g) + amplitude * noise(random);
      const float b = shoulder(pixel.b) + amplitude * noise(random);
      canvas.at(x, y) = {r, g, b};
    }
  }
}

}  // namespace massface
