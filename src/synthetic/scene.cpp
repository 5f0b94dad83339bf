#include "synthetic/scene.h"

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

float around(Random& random, float mean, float deviation) {
  return mean + deviation * std::clamp(random.normal(), -2.5f, 2.5f);
}

Color any_color(Random& random, float darkest, float brightest) {
  const float level = random.uniform(darkest, brightest);
  const float r = level * random.uniform(0.45f, 1.0f);
  const float g = level * random.uniform(0.45f, 1.0f);
  const float b = level * random.uniform(0.45f, 1.0f);
  return {r, g, b};
}

// From tungsten through daylight to shade, with a touch of green or magenta.
Color white_balance(Random& random, float strength) {
  const float warmth = strength * around(random, 0, 1);
  const float tint = 0.35f * strength * around(random, 0, 1);
  return {std::exp(warmth), std::exp(tint), std::exp(-warmth)};
}

Pose draw_pose(Random& random) {
  Pose pose{};
  pose.yaw = around(random, 0, 0.22f);
  pose.pitch = around(random, 0, 0.12f);
  pose.roll = around(random, 0, 0.03f);
  pose.scale = around(random, 1, 0.02f);
  pose.shift_x = around(random, 0, 0.9f);
  pose.shift_y = around(random, 0, 0.9f);
  pose.asymmetry = around(random, 0, 0.02f);
  return pose;
}

Light draw_light(Random& random) {
  Light light{};
  const float x = around(random, 0, 0.8f);
  const float y = around(random, -0.35f, 0.5f);
  const float length = std::sqrt(x * x + y * y + 0.36f);
  light.x = x / length;
  light.y = y / length;
  light.z = 0.6f / length;
  light.strength = random.uniform(0.45f, 1.5f);
  light.ambient = random.uniform(0.15f, 0.6f);
  light.gloss = random.uniform(0.0f, 0.35f);
  light.color = white_balance(random, 0.16f);
  light.ambient_color = white_balance(random, 0.16f);
  return light;
}

Expression draw_expression(Random& random) {
  Expression expression{};
  expression.smile = std::clamp(around(random, 0.25f, 0.5f), -0.7f, 1.0f);
  expression.mouth_open = random.uniform() < 0.45f ? random.uniform(0.1f, 1.0f) : 0;
  expression.brow_raise = std::clamp(around(random, 0, 0.4f), -1.0f, 1.0f);
  expression.frown = std::max(0.0f, around(random, -0.3f, 0.5f));
  expression.eye_open = random.uniform() < 0.06f ? 0.06f : std::clamp(around(random, 0.95f, 0.15f), 0.4f, 1.2f);
  expression.gaze_x = around(random, 0, 0.25f);
  expression.gaze_y = around(random, 0, 0.15f);
  return expression;
}

Occluder draw_occluder(Random& random) {
  const float u = random.uniform();
  if (u < 0.70f) return Occluder::kNone;
  if (u < 0.75f) return Occluder::kScarf;
  if (u < 0.83f) return Occluder::kHat;
  if (u < 0.87f) return Occluder::kHand;
  if (u < 0.90f) return Occluder::kSunglasses;
  if (u < 0.96f) return Occluder::kLock;
  return Occluder::kMicrophone;
}

Surroundings draw_surroundings(Random& random) {
  Surroundings surroundings{};
  surroundings.far_color = any_color(random, 0.02f, 1.0f);
  surroundings.near_color = any_color(random, 0.02f, 1.0f);
  surroundings.clothes = any_color(random, 0.01f, 0.8f);
  surroundings.direction_x = random.uniform(-1.0f, 1.0f);
  surroundings.direction_y = random.uniform(-1.0f, 1.0f);
  surroundings.pattern = static_cast<int>(random.below(4));
  surroundings.salt = random.next_u32();
  return surroundings;
}

Camera draw_camera(Random& random) {
  Camera camera{};
  camera.exposure = std::exp(around(random, 0, 0.33f));
  camera.contrast = around(random, 1, 0.14f);
  camera.saturation = random.uniform() < 0.08f ? 0 : random.uniform(0.55f, 1.25f);
  camera.cast = white_balance(random, 0.10f);
  camera.blur_sigma = std::max(0.0f, around(random, 0.55f, 0.45f));
  camera.noise = random.uniform(0.0f, 0.035f);
  camera.shadow_edge = random.uniform(10, 100);
  camera.shadow_slope = random.uniform(-1.5f, 1.5f);
  camera.shadow_depth = random.uniform() < 0.25f ? random.uniform(0.2f, 0.65f) : 0;
  camera.jpeg_quality = static_cast<int>(55 + random.below(41));
  return camera;
}

}  // namespace

SyntheticScene make_synthetic_scene(const SyntheticIdentity& person, Random& random) {
  SyntheticScene scene{};
  scene.pose = draw_pose(random);
  scene.light = draw_light(random);
  scene.expression = draw_expression(random);
  scene.occluder = draw_occluder(random);
  scene.occluder_color = any_color(random, 0.02f, 0.8f);
  scene.occluder_place = random.uniform();
  scene.hair_change = random.uniform(0.75f, 1.35f);
  scene.glasses = random.uniform() < person.glasses.tendency;
  scene.make_up = person.hair.long_behind && random.uniform() < 0.4f ? random.uniform(0.2f, 0.9f) : 0;
  scene.surroundings = draw_surroundings(random);
  scene.camera = draw_camera(random);
  return scene;
}

}  // namespace massface
