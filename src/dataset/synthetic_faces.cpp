#include "dataset/synthetic_faces.h"

#include <algorithm>

#include "core/error.h"
#include "dataset/synthetic_painters.h"
#include "image/encode.h"

namespace massface {
namespace {

// From back to front. The surfaces first, then the light on all of them.
void paint_person(Sitting& sitting) {
  paint_background(sitting);
  paint_hair_behind(sitting);
  paint_neck_and_ears(sitting);
  paint_clothes(sitting);
  paint_skin(sitting);
  paint_nose(sitting);
  paint_beard(sitting);
  paint_mouth(sitting);
  paint_eyes(sitting);
  paint_brows(sitting);
  paint_hair_in_front(sitting);
  paint_glasses(sitting);
  paint_occluder(sitting);
  sitting.canvas.paint(sitting.lit, [&](Point2f p, Color surface) { return surface * sitting.head.light_at(p); });
}

void cast_shadow(Canvas& canvas, const Camera& camera) {
  if (camera.shadow_depth <= 0) return;
  const float size = static_cast<float>(kFaceSize);
  Mask shadow =
      fill({{-1, -1}, {camera.shadow_edge, -1}, {camera.shadow_edge + camera.shadow_slope * size, size}, {-1, size}});
  shadow.blur(2.0f);
  canvas.paint(shadow, [&](Point2f, Color lit) { return (1 - camera.shadow_depth) * lit; });
}

// Four bytes summed are close to normal, and one number of the generator gives them all.
float noise(Random& random) {
  const uint32_t bits = random.next_u32();
  const auto sum = static_cast<int32_t>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
  return static_cast<float>(sum - 510) / 147.8f;
}

// Film and sensors do not cut highlights off, they press them together.
float shoulder(float light) {
  constexpr float kKnee = 0.6f;
  if (light <= kKnee) return light;
  const float over = (light - kKnee) / (1 - kKnee);
  return kKnee + (1 - kKnee) * over / (0.8f + over);
}

void expose(Canvas& canvas, const Camera& camera, Random& random) {
  canvas.blur(camera.blur_sigma);
  for (int64_t y = 0; y < kFaceSize; ++y) {
    for (int64_t x = 0; x < kFaceSize; ++x) {
      Color pixel = camera.exposure * (camera.cast * canvas.at(x, y));
      const float grey = luminance(pixel);
      pixel = mix({grey, grey, grey}, pixel, camera.saturation);
      // Contrast about a middle grey; the noise of the sensor grows with the light less than the light does.
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

}  // namespace

SyntheticFace photograph_synthetic_face(uint64_t seed, int64_t identity, int64_t image) {
  check(identity >= 0 && identity < int64_t{1} << 52, "a synthetic identity is below 2^52");
  check(image >= 0 && image < int64_t{1} << 32, "a synthetic image is below 2^32");
  const SyntheticIdentity person = make_synthetic_identity(seed, identity);
  Random random(seed, RandomStream::kSyntheticImage, static_cast<uint64_t>(identity), static_cast<uint32_t>(image));
  const SyntheticScene scene = make_synthetic_scene(person, random);
  const SyntheticHead head(person, scene);
  const Frame frame;
  Canvas canvas;
  Sitting sitting{.person = person, .scene = scene, .head = head, .frame = frame, .canvas = canvas};
  paint_person(sitting);
  cast_shadow(canvas, scene.camera);
  expose(canvas, scene.camera, random);
  return {canvas.to_image(), scene.camera.jpeg_quality, head.landmarks()};
}

Image draw_synthetic_face(uint64_t seed, int64_t identity, int64_t image) {
  return photograph_synthetic_face(seed, identity, image).image;
}

std::vector<uint8_t> encode_synthetic_face(uint64_t seed, int64_t identity, int64_t image) {
  const SyntheticFace face = photograph_synthetic_face(seed, identity, image);
  return encode_jpeg(face.image, face.jpeg_quality);
}

}  // namespace massface
