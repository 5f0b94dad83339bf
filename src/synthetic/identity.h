#pragma once

#include <cstdint>
#include <vector>

#include "synthetic/canvas.h"

namespace massface {

// The properties of a synthetic person that stay the same from photograph to photograph. Lengths are in inter-ocular
// distances of the mean face (35 pixels of the template), positions are relative to the point between the eyes, with x
// to the viewer's right and y down; angles are in radians. On the mean face the eyes are at x = +-0.5, the nose tip at
// y = 0.57, the mouth at y = 1.155.

enum class HairStyle { kBald, kBuzz, kShort, kReceding, kSidePart, kFringe, kCentrePart, kCurly };
enum class BeardKind { kNone, kStubble, kMoustache, kGoatee, kFull };

struct SkullShape {
  float forehead_width, temple_width, cheek_width, jaw_width, chin_width;  // half widths
  float jaw_y, chin_y;
  float ear_size, ear_y, ear_stand_off;
};

struct EyeShape {
  float spacing;        // between the eyes' centres
  float width, height;  // half axes of the opening
  float tilt, roundness, iris_radius;
  float lid_crease, lid_weight, bag;
  Color iris;
};

struct BrowShape {
  float gap, length, thickness, arch, tilt;
  float density;
};

struct NoseShape {
  float tip_y, width, bridge_width, nostril, relief;
};

struct MouthShape {
  float y, width, upper, lower, bow, corner;
  Color lips;
};

struct Hair {
  HairStyle style;
  Color color;
  float line_y;  // the hairline in the middle of the forehead
  float volume;  // its distance from the skull
  float side_y;  // its end at the sides
  bool long_behind;
  float part;      // -1 to 1
  uint32_t curls;  // salt of the curls' pattern
};

struct Skin {
  Color tone;
  float blush, freckles, age;
  uint32_t freckle_salt;
  struct Mole {
    float x, y, radius;
  };
  std::vector<Mole> moles;
};

struct Beard {
  BeardKind kind;
  float density;
};

struct Glasses {
  float tendency;  // the probability that the person wears them
  float width, height, squareness, thickness;
  Color frame;
};

struct SyntheticIdentity {
  SkullShape skull;
  EyeShape eyes;
  BrowShape brows;
  NoseShape nose;
  MouthShape mouth;
  Skin skin;
  Hair hair;
  Beard beard;
  Glasses glasses;
};

// Draws a person as a pure function of both numbers. identity: 0 to 2^52 - 1.
SyntheticIdentity make_synthetic_identity(uint64_t seed, int64_t identity);

}  // namespace massface
