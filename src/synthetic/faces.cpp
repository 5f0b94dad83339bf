#include "synthetic/faces.h"

#include "core/error.h"
#include "image/encode.h"
#include "synthetic/camera.h"
#include "synthetic/painters.h"

namespace massface {
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
  paint_background(sitting);
  paint_behind_clothes(sitting);
  paint_clothes(sitting);
  paint_face(sitting);
  paint_occluder(sitting);
  paint_light(sitting);
  cast_shadow(canvas, scene.camera, frame, 0);
  canvas.blur(scene.camera.blur_sigma);
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
