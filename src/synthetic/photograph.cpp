#include "synthetic/photograph.h"

#include <algorithm>

#include "core/error.h"
#include "image/encode.h"
#include "image/orientation.h"
#include "synthetic/backdrop.h"
#include "synthetic/camera.h"
#include "synthetic/composition.h"
#include "synthetic/painters.h"

namespace massface {
namespace {

// The number of the first bystander, larger than those of all people that sets have for training or testing.
constexpr int64_t kFirstBystander = int64_t{1} << 33;

// How far a photograph may reach beyond the aligned face, in multiples of the face's size.
constexpr float kBeyond = 16;

void paint_sitter(Canvas& canvas, const Frame& frame, const SyntheticIdentity& person, const SyntheticScene& scene,
                  const SyntheticHead& head) {
  Sitting sitting{.person = person, .scene = scene, .head = head, .frame = frame, .canvas = canvas};
  paint_behind_clothes(sitting);
  paint_body(sitting);
  paint_face(sitting);
  paint_arm(sitting);
  paint_occluder(sitting);
  paint_light(sitting);
}

// Paints another person in the same light.
void paint_bystander(Canvas& canvas, const Frame& frame, uint64_t seed, const Light& light, Random& random) {
  const int64_t identity = kFirstBystander + static_cast<int64_t>(random.below(uint64_t{1} << 32));
  const SyntheticIdentity person = make_synthetic_identity(seed, identity);
  SyntheticScene scene = make_synthetic_scene(person, random);
  scene.light = light;
  paint_sitter(canvas, frame, person, scene, SyntheticHead(person, scene, frame));
}

}  // namespace

SyntheticPhotograph take_synthetic_photograph(uint64_t seed, int64_t identity, int64_t image, double bystanders) {
  check(identity >= 0 && identity < int64_t{1} << 52, "a synthetic identity is below 2^52");
  check(image >= 0 && image < int64_t{1} << 32, "a synthetic image is below 2^32");
  const auto numbers = [&](RandomStream stream) {
    return Random(seed, stream, static_cast<uint64_t>(identity), static_cast<uint32_t>(image));
  };
  const SyntheticIdentity person = make_synthetic_identity(seed, identity);
  Random face = numbers(RandomStream::kSyntheticImage);
  const SyntheticScene scene = make_synthetic_scene(person, face);
  Random random = numbers(RandomStream::kSyntheticPhotograph);
  const SyntheticComposition composition = compose_synthetic_photograph(random, bystanders);
  const Frame& frame = composition.person;
  const SyntheticHead head(person, scene, frame);

  Canvas canvas(frame.height, frame.width);
  paint_backdrop(canvas, scene.surroundings, random);
  for (const Frame& other : composition.bystanders) paint_bystander(canvas, other, seed, scene.light, random);
  paint_sitter(canvas, frame, person, scene, head);
  cast_shadow(canvas, scene.camera, frame, kBeyond);
  // The aligned face's blur in proportion to the scale, but halved, because the lenses of large photographs are better;
  // never below 0.7 of it.
  canvas.blur(scene.camera.blur_sigma * std::max(0.7f, 0.5f * frame.scale()));
  expose(canvas, scene.camera, random);

  SyntheticPhotograph photograph{.image = canvas.to_image(),
                                 .orientation = composition.orientation,
                                 .jpeg_quality = scene.camera.jpeg_quality,
                                 .landmarks = head.landmarks(),
                                 .bystanders = static_cast<int64_t>(composition.bystanders.size())};
  for (Point2f& point : photograph.landmarks) point = frame.picture_of(point);
  return photograph;
}

std::vector<uint8_t> encode_synthetic_photograph(const SyntheticPhotograph& photograph) {
  const int orientation = photograph.orientation;
  if (orientation == 1) return encode_jpeg(photograph.image, photograph.jpeg_quality);
  const Image stored = upright(photograph.image, opposite_orientation(orientation));
  return with_orientation(encode_jpeg(stored, photograph.jpeg_quality), orientation);
}

}  // namespace massface
