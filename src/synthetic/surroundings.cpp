#include <algorithm>
#include <cmath>

#include "synthetic/painters.h"

namespace massface {
namespace {

// The outline of a lens, a rounded box: the more square, the fuller its corners.
Curve lens(const Sitting& sitting, float side, float grow) {
  const Glasses& glasses = sitting.person.glasses;
  const float x = side * (0.5f * sitting.person.eyes.spacing + 0.01f);
  const float w = glasses.width + grow;
  const float h = glasses.height + grow;
  const float k = 0.72f + 0.22f * glasses.squareness;
  const float y = 0.06f;
  return smooth_closed(sitting.head.at({{x - w, y},
                                        {x - k * w, y - k * h},
                                        {x, y - h},
                                        {x + k * w, y - k * h},
                                        {x + w, y},
                                        {x + k * w, y + k * h},
                                        {x, y + h},
                                        {x - k * w, y + k * h}},
                                       0.12f));
}

void paint_frame(Sitting& sitting, float width, Color color) {
  const SyntheticHead& head = sitting.head;
  const float inner = 0.5f * sitting.person.eyes.spacing - sitting.person.glasses.width;
  const float outer = 0.5f * sitting.person.eyes.spacing + sitting.person.glasses.width;
  const float pixels = head.pixels(width);
  Mask frame = sitting.stroke(smooth_open(head.at({{-inner, -0.02f}, {0, -0.08f}, {inner, -0.02f}}, 0.18f)), pixels,
                              pixels, pixels);
  for (float side : {-1.0f, 1.0f}) {
    frame.join(sitting.fill(lens(sitting, side, width)).without(sitting.fill(lens(sitting, side, 0))));
    const Point2f hinge = head.at(side * outer, -0.06f, 0.12f);
    const Point2f ear = head.at(side * (sitting.person.skull.temple_width + 0.05f), -0.02f, -0.3f);
    frame.join(sitting.stroke({hinge, 0.5f * (hinge + ear), ear}, pixels, 0.8f * pixels, 0.7f * pixels));
  }
  sitting.canvas.paint(frame, color);
}

void paint_sunglasses(Sitting& sitting) {
  for (float side : {-1.0f, 1.0f}) {
    const Mask dark = sitting.fill(lens(sitting, side, 0.04f));
    sitting.canvas.paint(dark, 0.05f * sitting.scene.occluder_color, 0.93f);
  }
  paint_frame(sitting, 0.06f, 0.2f * sitting.scene.occluder_color);
}

void paint_scarf(Sitting& sitting) {
  const float y = 1.28f + 0.5f * sitting.scene.occluder_place;
  const Mask mask = sitting.fill(smooth_closed(
      sitting.head.at({{-1.5f, y - 0.35f}, {0, y}, {1.5f, y - 0.35f}, {1.8f, 3.2f}, {-1.8f, 3.2f}}, 0.1f)));
  const uint32_t salt = sitting.scene.surroundings.salt;
  sitting.canvas.paint(mask, [&](Point2f p, Color) {
    return (0.4f + value_noise(0.05f * p.x, 0.35f * p.y, salt)) * sitting.scene.occluder_color;
  });
  sitting.lit.join(mask);
}

void paint_hat(Sitting& sitting) {
  const float y = -0.85f + 0.35f * sitting.scene.occluder_place;
  const float w = sitting.person.skull.temple_width + 0.22f;
  const Mask crown = sitting.fill(smooth_closed(sitting.head.at(
      {{-w, y}, {-w, -1.3f}, {-0.6f * w, -2.1f}, {0.6f * w, -2.1f}, {w, -1.3f}, {w, y}, {0, y - 0.12f}}, 0.15f)));
  sitting.canvas.paint(crown, sitting.scene.occluder_color);
  const Mask brim = sitting.stroke(smooth_open(sitting.head.at({{-w, y + 0.02f}, {0, y - 0.1f}, {w, y + 0.02f}}, 0.2f)),
                                   3, sitting.head.pixels(0.26f), 3);
  sitting.canvas.paint(brim, 0.6f * sitting.scene.occluder_color);
  sitting.lit.join(crown).join(brim);
}

void paint_hand(Sitting& sitting) {
  const float side = sitting.scene.occluder_place < 0.5f ? -1.0f : 1.0f;
  const float y = 0.9f + sitting.scene.occluder_place;
  const float width = sitting.head.pixels(0.34f);
  const Color skin = 0.9f * sitting.person.skin.tone;
  for (int finger = 0; finger < 4; ++finger) {
    const float f = static_cast<float>(finger);
    const Curve bones = {{side * (0.55f + 0.06f * f), y - 0.45f + 0.25f * f},
                         {side * (1.1f + 0.05f * f), y + 0.1f + 0.25f * f},
                         {side * 1.7f, y + 0.9f + 0.1f * f}};
    const Mask mask = sitting.stroke(smooth_open(sitting.head.at(bones, 0.1f)), 0.75f * width, width, 1.1f * width);
    sitting.canvas.paint(Mask(mask).blur(1.2f), 0.35f * skin, 0.8f);
    sitting.canvas.paint(mask, skin);
    sitting.lit.join(mask);
  }
}

void paint_lock(Sitting& sitting) {
  const float side = sitting.scene.occluder_place < 0.5f ? -1.0f : 1.0f;
  const float width = sitting.head.pixels(0.12f + 0.2f * sitting.scene.occluder_place);
  for (float offset : {0.0f, 0.22f}) {
    const Curve strand = {{side * (0.2f + offset), -1.3f},
                          {side * (0.45f + offset), -0.5f},
                          {side * (0.8f + offset), 0.3f},
                          {side * (0.75f + offset), 1.0f}};
    const Mask mask = sitting.stroke(smooth_open(sitting.head.at(strand, 0.1f)), width, width, 0.5f);
    sitting.canvas.paint(mask, [&](Point2f p, Color) { return hair_color_at(sitting, p); });
    sitting.lit.join(mask);
  }
}

void paint_microphone(Sitting& sitting) {
  const float x = 1.2f * sitting.scene.occluder_place - 0.6f;
  const Point2f ball = sitting.head.at(x, 1.62f, 0.2f);
  const Point2f hand = ball + Point2f{20 * x, 40};
  const Mask handle = sitting.stroke({ball, 0.5f * (ball + hand), hand}, 6, 7, 8);
  sitting.canvas.paint(handle, 0.3f * sitting.scene.occluder_color);
  const Mask foam = sitting.fill(ellipse(ball, 10, 11));
  sitting.canvas.paint(foam, display_color(34, 34, 38));
  sitting.lit.join(handle).join(foam);
}

}  // namespace

void paint_background(Sitting& sitting) {
  const Surroundings& s = sitting.scene.surroundings;
  sitting.canvas.paint(everything(sitting.frame), [&](Point2f p, Color) {
    const float along = (s.direction_x * p.x + s.direction_y * p.y) / static_cast<float>(kFaceSize);
    float t = std::clamp(along + 0.5f, 0.0f, 1.0f);
    if (s.pattern == 1) t = value_noise(9 * along, 0, s.salt);
    if (s.pattern == 2) t = value_noise(0.06f * p.x, 0.06f * p.y, s.salt);
    if (s.pattern == 3) t = value_noise(std::floor(0.07f * p.x), std::floor(0.05f * p.y), s.salt);
    return mix(s.far_color, s.near_color, t);
  });
  sitting.canvas.blur(1.0f);
}

void paint_clothes(Sitting& sitting) {
  const float top = 2.15f;
  const Mask mask = sitting.fill(smooth_closed(sitting.head.at(
      {{-2.6f, top + 0.4f}, {-0.9f, top}, {0, top + 0.25f}, {0.9f, top}, {2.6f, top + 0.4f}, {2.6f, 4}, {-2.6f, 4}},
      -0.6f)));
  sitting.canvas.paint(mask, sitting.scene.surroundings.clothes);
}

void paint_glasses(Sitting& sitting) {
  if (!sitting.scene.glasses || sitting.scene.occluder == Occluder::kSunglasses) return;
  const float glare = 0.14f * sitting.scene.light.gloss;
  for (float side : {-1.0f, 1.0f}) sitting.canvas.paint(sitting.fill(lens(sitting, side, 0)), {1, 1, 1}, glare);
  paint_frame(sitting, sitting.person.glasses.thickness, sitting.person.glasses.frame);
}

void paint_occluder(Sitting& sitting) {
  switch (sitting.scene.occluder) {
    case Occluder::kNone:
      return;
    case Occluder::kScarf:
      return paint_scarf(sitting);
    case Occluder::kHat:
      return paint_hat(sitting);
    case Occluder::kHand:
      return paint_hand(sitting);
    case Occluder::kSunglasses:
      return paint_sunglasses(sitting);
    case Occluder::kLock:
      return paint_lock(sitting);
    case Occluder::kMicrophone:
      return paint_microphone(sitting);
  }
}

}  // namespace massface
