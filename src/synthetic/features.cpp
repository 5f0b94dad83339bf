#include <algorithm>
#include <cmath>

#include "synthetic/painters.h"

namespace massface {
namespace {

// The curve along the upper or lower edge of an eye's opening, from the inner corner to the outer one, relative to the
// eye's centre on the viewer's right; the other eye mirrors x.
Curve lid(const EyeShape& eyes, float height, float outer_share) {
  const float w = eyes.width;
  const float rise = eyes.tilt * w;
  return {{-w, rise},
          {-0.5f * w, 0.5f * rise - 0.78f * height},
          {0.05f * w, -height},
          {0.6f * w, -0.6f * rise - outer_share * height},
          {w, -rise}};
}

Curve placed(const Sitting& sitting, const Curve& curve, float side, float raise = 0) {
  Curve moved;
  const float center = 0.5f * sitting.person.eyes.spacing;
  for (const Point2f& point : curve) moved.push_back({side * (center + point.x), point.y - raise});
  return sitting.head.at(moved);
}

void paint_eye(Sitting& sitting, float side) {
  const EyeShape& eyes = sitting.person.eyes;
  const Expression& expression = sitting.scene.expression;
  const SyntheticHead& head = sitting.head;
  Canvas& canvas = sitting.canvas;
  const Color skin = sitting.person.skin.tone;
  const float open = eyes.height * expression.eye_open;
  const float outer_share = 0.45f + 0.4f * eyes.roundness;
  const Curve upper = placed(sitting, lid(eyes, open, outer_share), side);
  const Curve lower = placed(sitting, lid(eyes, -0.62f * open, 0.8f), side);
  const Point2f center = head.at(side * 0.5f * eyes.spacing, 0);

  Mask socket = sitting.fill(ellipse(center, head.pixels(1.4f * eyes.width), head.pixels(2.0f * eyes.height)));
  canvas.paint(socket.blur(2.2f), 0.6f * skin, 0.3f);
  if (eyes.bag > 0.4f) {
    Mask bag =
        sitting.stroke(smooth_open(placed(sitting, lid(eyes, -1.7f * eyes.height, 0.9f), side)), 0.3f, 1.6f, 0.3f);
    canvas.paint(bag.blur(0.6f), 0.55f * skin, 0.5f * eyes.bag);
  }

  Curve opening = smooth_open(upper);
  const Curve lower_edge = smooth_open(lower);
  opening.insert(opening.end(), lower_edge.rbegin(), lower_edge.rend());
  const Mask white = sitting.fill(opening);
  canvas.paint(white, display_color(226, 220, 214));
  const Point2f gaze = head.at(side * 0.5f * eyes.spacing + 0.25f * eyes.width * expression.gaze_x,
                               -0.15f * open + 0.3f * eyes.height * expression.gaze_y);
  const float radius = head.pixels(eyes.iris_radius);
  const auto disc = [&](float share) {
    return sitting.fill(ellipse(gaze, share * radius, share * radius)).within(white);
  };
  canvas.paint(disc(1.0f), 0.35f * eyes.iris);
  canvas.paint(disc(0.85f), eyes.iris);
  canvas.paint(disc(0.5f), display_color(14, 12, 12));
  Mask lid_shadow = sitting.stroke(smooth_open(upper), 1.0f, 2.6f, 1.0f).within(white);
  canvas.paint(lid_shadow, display_color(40, 30, 28), 0.45f);
  const Point2f glint = gaze + Point2f{0.35f * radius, -0.35f * radius};
  canvas.paint(sitting.fill(ellipse(glint, 0.22f * radius, 0.22f * radius)).within(white), {1.6f, 1.6f, 1.6f});

  const Color lash = mix(0.25f * skin, display_color(16, 12, 12), 0.7f);
  canvas.paint(sitting.stroke(smooth_open(upper), 0.4f, 1.1f * eyes.lid_weight, 0.9f * eyes.lid_weight), lash);
  canvas.paint(sitting.stroke(smooth_open(lower), 0.2f, 0.5f, 0.5f), 0.4f * skin, 0.6f);
  if (eyes.lid_crease > 0.25f) {
    const Curve crease = placed(sitting, lid(eyes, 1.15f * eyes.height, 0.7f), side, 0.045f + 0.05f * eyes.lid_crease);
    canvas.paint(sitting.stroke(smooth_open(crease), 0.2f, 0.9f, 0.4f), 0.35f * skin, 0.4f + 0.5f * eyes.lid_crease);
  }
}

void paint_wrinkles(Sitting& sitting) {
  const SyntheticHead& head = sitting.head;
  const Color dark = 0.5f * sitting.person.skin.tone;
  const float age = sitting.person.skin.age;
  const float smile = std::max(0.0f, sitting.scene.expression.smile);
  for (float side : {-1.0f, 1.0f}) {
    const Point2f corner = head.mouth_corner(side);
    const Curve fold = {{side * (sitting.person.nose.width + 0.06f), sitting.person.nose.tip_y + 0.02f},
                        {corner.x + side * 0.13f, corner.y - 0.25f},
                        {corner.x + side * 0.17f, corner.y + 0.08f}};
    Mask mask = sitting.stroke(smooth_open(head.at(fold)), 0.3f, 1.3f, 0.3f);
    sitting.canvas.paint(mask.blur(0.5f), dark, std::min(0.8f, 0.7f * age + 0.45f * smile));
  }
  const float raised = std::max(0.0f, sitting.scene.expression.brow_raise);
  for (float y : {-0.62f, -0.75f, -0.88f}) {
    Mask mask =
        sitting.stroke(smooth_open(head.at({{-0.5f, y + 0.03f}, {0, y - 0.03f}, {0.5f, y + 0.03f}})), 0.3f, 0.9f, 0.3f);
    sitting.canvas.paint(mask.blur(0.4f), dark, 0.55f * age + 0.2f * raised * age);
  }
}

void paint_marks(Sitting& sitting) {
  const Skin& skin = sitting.person.skin;
  const SyntheticHead& head = sitting.head;
  if (skin.freckles > 0) {
    for (int i = 0; i < 46; ++i) {
      const auto n = static_cast<float>(i);
      const float x = 1.6f * (value_noise(n, 0, skin.freckle_salt) - 0.5f);
      const float y = 0.12f + 0.6f * value_noise(n, 1, skin.freckle_salt);
      const float radius = head.pixels(0.012f + 0.018f * value_noise(n, 2, skin.freckle_salt));
      const Color brown = skin.tone * Color{0.62f, 0.45f, 0.36f};
      sitting.canvas.paint(sitting.fill(ellipse(head.at(x, y), radius, radius)), brown, 0.75f * skin.freckles);
    }
  }
  for (const Skin::Mole& mole : skin.moles) {
    const float radius = head.pixels(mole.radius);
    sitting.canvas.paint(sitting.fill(ellipse(head.at(mole.x, mole.y), radius, radius)), 0.18f * skin.tone, 0.9f);
  }
}

void paint_teeth_and_throat(Sitting& sitting, const Curve& opening) {
  const Mask inside = sitting.fill(opening);
  sitting.canvas.paint(inside, display_color(52, 20, 22));
  const Point2f left = sitting.head.mouth_corner(-1);
  const Point2f right = sitting.head.mouth_corner(1);
  const float y = sitting.person.mouth.y;
  const Mask upper_teeth = sitting.fill(smooth_closed(sitting.head.at({{0.8f * left.x, left.y},
                                                                       {0, y - 0.12f},
                                                                       {0.8f * right.x, right.y},
                                                                       {0.5f * right.x, y + 0.05f},
                                                                       {0, y + 0.06f},
                                                                       {0.5f * left.x, y + 0.05f}})));
  sitting.canvas.paint(Mask(upper_teeth).within(inside), display_color(232, 226, 212), 0.95f);
}

}  // namespace

void paint_neck_and_ears(Sitting& sitting) {
  const SkullShape& skull = sitting.person.skull;
  const SyntheticHead& head = sitting.head;
  const Color skin = sitting.person.skin.tone;
  const float half = 0.85f * skull.jaw_width;
  const Mask neck = sitting.fill(head.at({{-half, 1.0f}, {half, 1.0f}, {half, 3.2f}, {-half, 3.2f}}, -0.5f));
  sitting.canvas.paint(neck, 0.5f * skin);
  sitting.lit.join(neck);
  for (float side : {-1.0f, 1.0f}) {
    const Point2f center = head.at(side * (skull.cheek_width + skull.ear_stand_off), skull.ear_y, -0.25f);
    const float height = head.pixels(skull.ear_size);
    const float width = head.pixels(0.13f + 0.5f * skull.ear_stand_off);
    const Mask ear = sitting.fill(ellipse(center, width, height, 0.15f * side));
    sitting.canvas.paint(ear, 0.85f * skin);
    sitting.canvas.paint(sitting.fill(ellipse(center, 0.5f * width, 0.6f * height, 0.15f * side)), 0.5f * skin, 0.7f);
    sitting.lit.join(ear);
  }
}

void paint_skin(Sitting& sitting) {
  const Skin& skin = sitting.person.skin;
  const SyntheticHead& head = sitting.head;
  sitting.canvas.paint(head.face_mask(), [&](Point2f p, Color) {
    return (0.95f + 0.1f * value_noise(0.3f * p.x, 0.3f * p.y, skin.freckle_salt)) * skin.tone;
  });
  sitting.lit.join(head.face_mask());
  for (float side : {-1.0f, 1.0f}) {
    Mask cheek = sitting.fill(ellipse(head.at(side * 0.66f, 0.62f), head.pixels(0.3f), head.pixels(0.22f)));
    sitting.canvas.paint(cheek.blur(3.5f), skin.tone * Color{1.0f, 0.62f, 0.6f}, 0.55f * skin.blush);
  }
  paint_wrinkles(sitting);
  paint_marks(sitting);
}

void paint_eyes(Sitting& sitting) {
  for (float side : {-1.0f, 1.0f}) paint_eye(sitting, side);
}

void paint_brows(Sitting& sitting) {
  const BrowShape& brows = sitting.person.brows;
  const Expression& expression = sitting.scene.expression;
  const float center = 0.5f * sitting.person.eyes.spacing + 0.02f;
  const float y = -brows.gap - 0.09f * expression.brow_raise;
  for (float side : {-1.0f, 1.0f}) {
    const float rise = brows.tilt * brows.length;
    const Curve middle = {{side * (center - 0.9f * brows.length), y + rise + 0.09f * expression.frown},
                          {side * (center - 0.1f * brows.length), y - 0.8f * brows.arch},
                          {side * (center + 0.45f * brows.length), y - rise - brows.arch},
                          {side * (center + 1.1f * brows.length), y - rise + 0.6f * brows.arch}};
    const float width = sitting.head.pixels(brows.thickness);
    Mask mask = sitting.stroke(smooth_open(sitting.head.at(middle)), 0.9f * width, 1.1f * width, 0.2f * width);
    mask.blur(0.45f);
    sitting.canvas.paint(mask, 0.6f * sitting.person.hair.color, brows.density);
  }
}

void paint_nose(Sitting& sitting) {
  const NoseShape& nose = sitting.person.nose;
  const SyntheticHead& head = sitting.head;
  const Color skin = sitting.person.skin.tone;
  for (float side : {-1.0f, 1.0f}) {
    const Curve flank = {{side * (nose.bridge_width + 0.03f), 0.02f},
                         {side * (nose.bridge_width + 0.02f), 0.5f * nose.tip_y},
                         {side * 0.75f * nose.width, nose.tip_y - 0.1f}};
    sitting.canvas.paint(sitting.stroke(smooth_open(head.at(flank, 0.1f)), 0.8f, 1.6f, 1.0f).blur(1.0f), 0.6f * skin,
                         0.35f);
    const Curve wing = {{side * 0.85f * nose.width, nose.tip_y - 0.08f},
                        {side * nose.width, nose.tip_y + 0.03f},
                        {side * 0.82f * nose.width, nose.tip_y + 0.13f},
                        {side * 0.62f * nose.width, nose.tip_y + 0.12f}};
    sitting.canvas.paint(sitting.stroke(smooth_open(head.at(wing, 0.1f)), 0.4f, 1.2f, 0.6f).blur(0.35f), 0.35f * skin,
                         0.8f);
    const Point2f nostril = head.at(side * 0.45f * nose.width, nose.tip_y + 0.12f, 0.2f);
    sitting.canvas.paint(
        sitting.fill(ellipse(nostril, head.pixels(0.3f * nose.width), head.pixels(0.04f * nose.nostril), 0.2f * side))
            .blur(0.3f),
        0.12f * skin, 0.9f);
  }
  const Curve base = {
      {-0.7f * nose.width, nose.tip_y + 0.14f}, {0, nose.tip_y + 0.19f}, {0.7f * nose.width, nose.tip_y + 0.14f}};
  sitting.canvas.paint(sitting.stroke(smooth_open(head.at(base, 0.15f)), 0.5f, 1.8f, 0.5f).blur(0.8f), 0.4f * skin,
                       0.5f);
}

void paint_mouth(Sitting& sitting) {
  const MouthShape& mouth = sitting.person.mouth;
  const SyntheticHead& head = sitting.head;
  const Point2f left = head.mouth_corner(-1);
  const Point2f right = head.mouth_corner(1);
  const float smile = sitting.scene.expression.smile;
  const float thin = 1 - 0.25f * std::max(0.0f, smile);
  const float gap = 0.20f * sitting.scene.expression.mouth_open;
  const float upper_edge = mouth.y - 0.3f * gap;
  const float lower_edge = mouth.y + 0.7f * gap + 0.03f * smile;
  const float upper = thin * mouth.upper;
  const float lower = thin * mouth.lower;
  const Curve upper_line = {
      left, {0.5f * left.x, upper_edge - 0.01f}, {0, upper_edge + 0.012f}, {0.5f * right.x, upper_edge - 0.01f}, right};
  const Curve lower_line = {
      left, {0.5f * left.x, lower_edge}, {0, lower_edge + 0.012f}, {0.5f * right.x, lower_edge}, right};
  const Curve outline = {left,
                         {0.55f * left.x, upper_edge - 0.75f * upper},
                         {0.18f * left.x, upper_edge - upper - mouth.bow},
                         {0, upper_edge - upper},
                         {0.18f * right.x, upper_edge - upper - mouth.bow},
                         {0.55f * right.x, upper_edge - 0.75f * upper},
                         right,
                         {0.6f * right.x, lower_edge + 0.75f * lower},
                         {0, lower_edge + lower},
                         {0.6f * left.x, lower_edge + 0.75f * lower}};
  const Color made_up = sitting.person.skin.tone * Color{0.75f, 0.12f, 0.2f};
  const Color lips = mix(mouth.lips, made_up, sitting.scene.make_up);
  sitting.canvas.paint(sitting.fill(smooth_closed(head.at(outline))).blur(0.4f), lips);
  const Point2f below{0, lower_edge + lower + 0.07f};
  sitting.canvas.paint(
      sitting.fill(ellipse(head.at(below.x, below.y), head.pixels(0.55f * mouth.width), head.pixels(0.04f))).blur(1.0f),
      0.5f * sitting.person.skin.tone, 0.5f);
  if (gap > 0.02f) {
    Curve opening = smooth_open(head.at(upper_line));
    const Curve lower_curve = smooth_open(head.at(lower_line));
    opening.insert(opening.end(), lower_curve.rbegin(), lower_curve.rend());
    paint_teeth_and_throat(sitting, opening);
  } else {
    sitting.canvas.paint(sitting.stroke(smooth_open(head.at(upper_line)), 0.6f, 1.2f, 0.6f), 0.22f * lips, 0.9f);
  }
}

}  // namespace massface
