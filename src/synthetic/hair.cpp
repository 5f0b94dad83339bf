#include <algorithm>
#include <cmath>

#include "synthetic/painters.h"

namespace massface {
namespace {

// The points of the hairline, from the viewer's left temple to the right one, in shares of the temple's half width.
constexpr float kLineAt[] = {-0.97f, -0.78f, -0.45f, 0.0f, 0.45f, 0.78f, 0.97f};

// The heights at which the hair ends on the forehead, at each of kLineAt; above the eyes they are negative.
std::array<float, 7> hairline(const Hair& hair) {
  const float y = hair.line_y;
  switch (hair.style) {
    case HairStyle::kReceding:
      return {-0.35f, y - 0.10f, y - 0.45f, y - 0.12f, y - 0.45f, y - 0.10f, -0.35f};
    case HairStyle::kFringe:
      return {-0.10f, y + 0.42f, y + 0.42f, y + 0.38f, y + 0.42f, y + 0.42f, -0.10f};
    case HairStyle::kCentrePart:
      return {0.10f, y + 0.55f, y + 0.12f, y - 0.38f, y + 0.12f, y + 0.55f, 0.10f};
    case HairStyle::kSidePart:
      if (hair.part < 0) return {-0.15f, y + 0.05f, y - 0.35f, y - 0.10f, y + 0.22f, y + 0.48f, -0.05f};
      return {-0.05f, y + 0.48f, y + 0.22f, y - 0.10f, y - 0.35f, y + 0.05f, -0.15f};
    default:
      return {-0.20f, y + 0.28f, y + 0.04f, y, y + 0.04f, y + 0.28f, -0.20f};
  }
}

// Moves the points of the curve away from the centre of the head by irregular amounts.
void curl(Curve& curve, Point2f center, float amount, uint32_t salt) {
  for (size_t i = 0; i < curve.size(); ++i) {
    const Point2f out = curve[i] - center;
    const float length = std::max(1.0f, std::sqrt(out.x * out.x + out.y * out.y));
    const float bump = value_noise(0.45f * static_cast<float>(i), 0, salt) - 0.4f;
    curve[i] = curve[i] + amount * bump / length * out;
  }
}

Curve cap(const Sitting& sitting) {
  const Hair& hair = sitting.person.hair;
  const SkullShape& skull = sitting.person.skull;
  const float volume = hair.volume * sitting.scene.hair_change * (hair.style == HairStyle::kBuzz ? 0.3f : 1);
  const float side = skull.temple_width + 0.03f + 0.35f * volume;
  const float end = hair.style == HairStyle::kCentrePart && hair.long_behind ? 1.3f : hair.side_y;
  Curve outer;
  for (float s : {-1.0f, 1.0f}) {
    Curve half = {{s * (skull.temple_width - 0.02f), end},
                  {s * side, std::min(0.0f, end - 0.3f)},
                  {s * side, -0.6f},
                  {s * (0.86f * side + 0.2f * volume), -1.2f - 0.5f * volume},
                  {s * (0.5f * side), -1.62f - volume}};
    if (s > 0) {
      outer.push_back({0.15f * hair.part, -1.74f - volume});
      std::reverse(half.begin(), half.end());
    }
    outer.insert(outer.end(), half.begin(), half.end());
  }
  Curve inner;
  const std::array<float, 7> line = hairline(hair);
  for (size_t i = line.size(); i-- > 0;) inner.push_back({kLineAt[i] * skull.temple_width, line[i]});
  Curve outline = smooth_open(sitting.head.at(outer));
  Curve border = smooth_open(sitting.head.at(inner));
  if (hair.style == HairStyle::kCurly) {
    const Point2f center = sitting.head.at(0, 0, -0.5f);
    curl(outline, center, 8, hair.curls);
    curl(border, center, 5, hair.curls + 1);
  }
  outline.insert(outline.end(), border.begin(), border.end());
  return outline;
}

// The outline of the part of the face that a full beard covers.
Curve full_beard(const Sitting& sitting) {
  const SkullShape& skull = sitting.person.skull;
  const MouthShape& mouth = sitting.person.mouth;
  const float drop = 0.16f * sitting.scene.expression.mouth_open;
  Curve right = {{skull.cheek_width, 0.4f},
                 {skull.cheek_width - 0.02f, 0.75f},
                 {skull.jaw_width + 0.03f, skull.jaw_y + 0.6f * drop},
                 {skull.chin_width + 0.05f, skull.chin_y + drop},
                 {0, skull.chin_y + 0.08f + drop},
                 {0, skull.chin_y + 0.08f + drop}};
  Curve inner = {{0, sitting.person.nose.tip_y + 0.26f},
                 {0.5f * mouth.width, mouth.y - 0.24f},
                 {mouth.width + 0.14f, mouth.y - 0.12f},
                 {0.75f * skull.cheek_width, 0.95f},
                 {0.9f * skull.cheek_width, 0.5f}};
  Curve curve;
  for (const Point2f& p : right) curve.push_back({p.x, p.y});
  for (size_t i = right.size(); i-- > 0;) curve.push_back({-right[i].x, right[i].y});
  for (size_t i = inner.size(); i-- > 0;) curve.push_back({-inner[i].x, inner[i].y});
  curve.insert(curve.end(), inner.begin(), inner.end());
  return sitting.head.at(curve);
}

Curve moustache(const Sitting& sitting) {
  const MouthShape& mouth = sitting.person.mouth;
  const float w = mouth.width + 0.06f;
  const float top = sitting.person.nose.tip_y + 0.24f;
  const float lip = mouth.y - mouth.upper - mouth.bow + 0.02f;
  return smooth_closed(sitting.head.at({{-w, mouth.y + 0.02f},
                                        {-0.5f * w, top + 0.06f},
                                        {0, top},
                                        {0.5f * w, top + 0.06f},
                                        {w, mouth.y + 0.02f},
                                        {0.5f * w, lip},
                                        {0, lip - 0.01f},
                                        {-0.5f * w, lip}}));
}

Mask beard_mask(const Sitting& sitting) {
  const BeardKind kind = sitting.person.beard.kind;
  const SkullShape& skull = sitting.person.skull;
  if (kind == BeardKind::kMoustache) return sitting.fill(moustache(sitting));
  if (kind == BeardKind::kGoatee) {
    const Point2f chin = sitting.head.at(0, skull.chin_y - 0.16f + 0.16f * sitting.scene.expression.mouth_open);
    Mask mask = sitting.fill(moustache(sitting));
    return mask.join(
        sitting.fill(ellipse(chin, sitting.head.pixels(0.75f * skull.chin_width), sitting.head.pixels(0.24f))));
  }
  return sitting.fill(full_beard(sitting));
}

}  // namespace

Color hair_color_at(const Sitting& sitting, Point2f p) {
  const Hair& hair = sitting.person.hair;
  float pattern;
  if (hair.style == HairStyle::kCurly) {
    pattern = value_noise(0.28f * p.x, 0.28f * p.y, hair.curls);
  } else {
    // Strands fan out from above the crown.
    const Point2f crown = sitting.head.at(0.4f * hair.part, -2.9f);
    const float fan = (p.x - crown.x) / std::max(8.0f, p.y - crown.y);
    pattern = 0.6f * value_noise(26 * fan, 0.03f * p.y, hair.curls) +
              0.4f * value_noise(70 * fan, 0.05f * p.y, hair.curls + 1);
  }
  return (0.5f + pattern) * hair.color;
}

void paint_hair_behind(Sitting& sitting) {
  const Hair& hair = sitting.person.hair;
  if (!hair.long_behind) return;
  const float volume = hair.volume * sitting.scene.hair_change;
  const float width = sitting.person.skull.temple_width + 0.12f + 0.6f * volume;
  Curve curve = smooth_closed(sitting.head.at({{-width, 0},
                                               {-0.9f * width, -1.1f},
                                               {-0.5f * width, -1.6f - volume},
                                               {0, -1.74f - volume},
                                               {0.5f * width, -1.6f - volume},
                                               {0.9f * width, -1.1f},
                                               {width, 0},
                                               {1.08f * width, 1.4f},
                                               {width, 2.6f},
                                               {-width, 2.6f},
                                               {-1.08f * width, 1.4f}},
                                              -0.2f));
  if (hair.style == HairStyle::kCurly) curl(curve, sitting.head.at(0, 0, -0.5f), 12, hair.curls + 2);
  const Mask mask = sitting.fill(curve);
  sitting.canvas.paint(mask, [&](Point2f p, Color) { return 0.6f * hair_color_at(sitting, p); });
  sitting.lit.join(mask);
}

void paint_hair_in_front(Sitting& sitting) {
  const Hair& hair = sitting.person.hair;
  if (hair.style == HairStyle::kBald) return;
  Mask mask = sitting.fill(cap(sitting));
  mask.blur(hair.style == HairStyle::kBuzz ? 1.2f : 0.4f);
  const float density = hair.style == HairStyle::kBuzz ? 0.75f : 1.0f;
  Mask shadow = mask;
  sitting.canvas.paint(shadow.blur(2.0f).within(sitting.head.face_mask()), 0.35f * sitting.person.skin.tone, 0.35f);
  sitting.canvas.paint(mask, [&](Point2f p, Color under) { return mix(under, hair_color_at(sitting, p), density); });
  sitting.lit.join(mask);
}

void paint_beard(Sitting& sitting) {
  const Beard& beard = sitting.person.beard;
  if (beard.kind == BeardKind::kNone) return;
  const bool stubble = beard.kind == BeardKind::kStubble;
  Mask mask = beard_mask(sitting);
  mask.blur(stubble ? 2.0f : 0.9f);
  const float density = stubble ? 0.35f : beard.density;
  const uint32_t salt = sitting.person.hair.curls + 3;
  sitting.canvas.paint(mask, [&](Point2f p, Color under) {
    const float pattern = 0.6f + 0.8f * value_noise(0.9f * p.x, 0.45f * p.y, salt);
    return mix(under, 0.75f * pattern * sitting.person.hair.color, density);
  });
  sitting.lit.join(mask);
}

}  // namespace massface
