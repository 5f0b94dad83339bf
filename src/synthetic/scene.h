#pragma once

#include "core/random.h"
#include "synthetic/identity.h"

namespace massface {

// The properties that change between photographs of one synthetic person. Angles are in radians, lengths as in
// identity.h unless given in pixels.

struct Pose {
  float yaw, pitch;                     // of the head
  float roll, scale, shift_x, shift_y;  // the error of a landmark detector: radians, a factor, pixels
  float asymmetry;                      // relative difference in width of one half of the face
};

struct Light {
  float x, y, z;  // unit vector from the face to the light, z towards the viewer
  float strength, ambient, gloss;
  Color color, ambient_color;
};

struct Expression {
  float smile;       // -1 (sad) to 1
  float mouth_open;  // 0 to 1
  float brow_raise;  // -1 to 1
  float frown;       // 0 to 1
  float eye_open;    // 0 (closed) to 1.2
  float gaze_x, gaze_y;
};

enum class Occluder { kNone, kScarf, kHat, kHand, kSunglasses, kLock, kMicrophone };

struct Surroundings {
  Color far_color, near_color, clothes;
  float direction_x, direction_y;
  int pattern;  // 0 plain, 1 stripes, 2 clouds, 3 blocks
  uint32_t salt;
};

struct Camera {
  float exposure, contrast, saturation;
  Color cast;
  float blur_sigma, noise;
  float shadow_edge, shadow_slope, shadow_depth;  // a cast shadow: position (pixels), slant, darkness (0: none)
  int jpeg_quality;
};

struct SyntheticScene {
  Pose pose;
  Light light;
  Expression expression;
  Occluder occluder;
  Color occluder_color;
  float occluder_place;  // 0 to 1, its meaning depends on the occluder
  float hair_change;     // multiplies the hair's volume
  bool glasses;
  float make_up;  // 0 to 1, on the lips
  Surroundings surroundings;
  Camera camera;
};

SyntheticScene make_synthetic_scene(const SyntheticIdentity& person, Random& random);

}  // namespace massface
