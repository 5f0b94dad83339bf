#include <algorithm>
#include <cmath>

#include "synthetic/painters.h"

namespace massface {
namespace {

// Converts points of the body to aligned pixels. The points are in units of identity.h, relative to the base of the
// neck; x and y are the picture's axes, so the body stands upright.
Curve body_curve(const Sitting& sitting, const Curve& points) {
  const Point2f base = sitting.head.at(0, 2.15f, -0.5f);
  const Point2f upright = sitting.head.pixels(1) / sitting.frame.scale() * conjugate(sitting.frame.turn);
  Curve curve;
  for (const Point2f& point : points) curve.push_back(base + multiply(upright, point));
  return curve;
}

Color folds(const Sitting& sitting, Point2f p) {
  const Surroundings& s = sitting.scene.surroundings;
  const Light& light = sitting.scene.light;
  const float fold = value_noise(0.045f * p.x, 0.02f * p.y, s.salt + 7);
  const bool striped = s.salt % 4 == 0;
  const float stripe = striped && value_noise(0, 0.16f * p.y, s.salt + 8) < 0.45f ? 0.45f : 1;
  const Color lit = light.ambient * light.ambient_color + (0.35f + 0.5f * fold) * light.strength * light.color;
  return stripe * s.clothes * lit;
}

}  // namespace

void paint_body(Sitting& sitting) {
  const float neck = 0.85f * sitting.person.skull.jaw_width;
  // The shoulders are round; the arms go straight down, out of every picture.
  const Curve shoulders = smooth_open(body_curve(sitting, {{-3.2f, 4},
                                                           {-3, 1.7f},
                                                           {-2.4f, 0.7f},
                                                           {-1.3f, 0.22f},
                                                           {-neck - 0.05f, -0.12f},
                                                           {0, 0.42f},
                                                           {neck + 0.05f, -0.12f},
                                                           {1.3f, 0.22f},
                                                           {2.4f, 0.7f},
                                                           {3, 1.7f},
                                                           {3.2f, 4}}));
  Curve outline = shoulders;
  const Curve below = body_curve(sitting, {{3.3f, 40}, {-3.3f, 40}});
  outline.insert(outline.end(), below.begin(), below.end());
  const Mask body = sitting.fill(outline);
  sitting.canvas.paint(body, [&](Point2f p, Color) { return folds(sitting, p); });
  const Curve collar =
      body_curve(sitting, {{-neck - 0.05f, -0.12f}, {-0.45f, 0.3f}, {0, 0.42f}, {0.45f, 0.3f}, {neck + 0.05f, -0.12f}});
  sitting.canvas.paint(sitting.stroke(smooth_open(collar), 3, 4, 3), 0.4f * sitting.scene.surroundings.clothes, 0.7f);
  for (float side : {-1.0f, 1.0f}) {
    const Curve armpit = smooth_open(body_curve(sitting, {{side * 2.15f, 2.4f}, {side * 2.25f, 4}, {side * 2.2f, 9}}));
    sitting.canvas.paint(sitting.stroke(armpit, 1, 4, 3).blur(1.2f), 0.15f * sitting.scene.surroundings.clothes, 0.5f);
  }
  sitting.lit.without(body);
}

void paint_arm(Sitting& sitting) {
  const float place = sitting.scene.occluder_place;
  Point2f wrist;
  float side = place < 0.5f ? -1.0f : 1.0f;
  if (sitting.scene.occluder == Occluder::kHand) {
    wrist = sitting.head.at(side * 1.7f, place + 1.95f, 0.1f);
  } else if (sitting.scene.occluder == Occluder::kMicrophone) {
    const float x = 1.2f * place - 0.6f;
    wrist = sitting.head.at(x, 1.62f, 0.2f) + Point2f{20 * x, 42};
  } else {
    return;
  }
  const Color skin = 0.75f * sitting.person.skin.tone;
  const Point2f elbow = body_curve(sitting, {{side * 2.4f, 4.5f}})[0];
  const Point2f cuff = wrist + 0.2f * (elbow - wrist);
  const float unit = sitting.head.pixels(1);
  const Mask hand = sitting.fill(ellipse(wrist, 0.55f * unit, 0.48f * unit));
  const Mask forearm =
      sitting.stroke({wrist, cuff, cuff + 0.1f * (elbow - cuff)}, 0.6f * unit, 0.55f * unit, 0.6f * unit);
  const Mask sleeve = sitting.stroke({cuff, 0.5f * (cuff + elbow), elbow}, 0.75f * unit, 1.0f * unit, 1.2f * unit);
  sitting.canvas.paint(hand, skin);
  sitting.canvas.paint(forearm, skin);
  sitting.canvas.paint(Mask(sleeve).blur(1.5f), 0.3f * sitting.scene.surroundings.clothes, 0.6f);
  sitting.canvas.paint(sleeve, [&](Point2f p, Color) { return 1.1f * folds(sitting, p); });
  sitting.lit.join(hand).join(forearm).without(sleeve);
}

void paint_behind_clothes(Sitting& sitting) {
  paint_hair_behind(sitting);
  paint_neck_and_ears(sitting);
}

void paint_face(Sitting& sitting) {
  paint_skin(sitting);
  paint_nose(sitting);
  paint_beard(sitting);
  paint_mouth(sitting);
  paint_eyes(sitting);
  paint_brows(sitting);
  paint_hair_in_front(sitting);
  paint_glasses(sitting);
}

void paint_light(Sitting& sitting) {
  sitting.canvas.paint(sitting.lit, [&](Point2f p, Color surface) { return surface * sitting.head.light_at(p); });
}

}  // namespace massface
