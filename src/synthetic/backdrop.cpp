#include "synthetic/backdrop.h"

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

// A backdrop that is being painted. Lengths are fractions of the picture's sides, measured from the left and the top.
struct Backdrop {
  Canvas& canvas;
  const Surroundings& colors;
  Random& random;
  Frame frame;

  float width() const { return static_cast<float>(frame.width); }
  float height() const { return static_cast<float>(frame.height); }
  Mask box(float left, float top, float right, float bottom) const {
    return fill({{left * width(), top * height()},
                 {right * width(), top * height()},
                 {right * width(), bottom * height()},
                 {left * width(), bottom * height()}},
                frame);
  }
  Color between(float t) const { return mix(colors.far_color, colors.near_color, t); }
};

// Paints a gradient from one colour to the other across the picture, with a stain or two.
void paint_wall(Backdrop& b) {
  const float patches = b.random.uniform(1.0f, 3.0f);
  b.canvas.paint(everything(b.frame), [&](Point2f p, Color) {
    const float x = p.x / b.width() - 0.5f, y = p.y / b.height() - 0.5f;
    const float along = 0.7f * (b.colors.direction_x * x + b.colors.direction_y * y) + 0.5f;
    const float stain = 0.3f * (value_noise(patches * x + 9, patches * y + 9, b.colors.salt) - 0.5f);
    return b.between(std::clamp(along + stain, 0.0f, 1.0f));
  });
}

void paint_room(Backdrop& b) {
  paint_wall(b);
  const float floor = b.random.uniform(0.7f, 0.9f);
  b.canvas.paint(b.box(-0.1f, floor, 1.1f, 1.1f), 0.35f * b.colors.near_color);
  const int things = 2 + static_cast<int>(b.random.below(3));
  for (int i = 0; i < things; ++i) {
    const float left = b.random.uniform(-0.1f, 0.85f), top = b.random.uniform(0.02f, 0.45f);
    const float right = left + b.random.uniform(0.15f, 0.35f), bottom = top + b.random.uniform(0.15f, 0.45f);
    const bool window = b.random.uniform() < 0.4f;
    const Color inside = window ? Color{0.9f, 0.95f, 1.0f} : b.between(b.random.uniform());
    b.canvas.paint(b.box(left, top, right, bottom), 0.25f * b.colors.far_color);
    b.canvas.paint(b.box(left + 0.015f, top + 0.015f, right - 0.015f, bottom - 0.015f), inside, 0.85f);
    if (window) {
      const float middle = 0.5f * (left + right);
      b.canvas.paint(b.box(middle - 0.006f, top, middle + 0.006f, bottom), 0.25f * b.colors.far_color);
    }
  }
}

void paint_trees(Backdrop& b) {
  const float horizon = b.random.uniform(0.35f, 0.75f);
  const Color leaves = mix({0.08f, 0.16f, 0.05f}, b.colors.near_color, 0.3f);
  const Color sky = mix({0.45f, 0.6f, 0.85f}, b.colors.far_color, 0.3f);
  b.canvas.paint(everything(b.frame), [&](Point2f p, Color) {
    const float x = 14 * p.x / b.width(), y = p.y / b.height();
    const float crowns = 0.35f * value_noise(0.4f * x, 3, b.colors.salt) + 0.12f * value_noise(x, 4, b.colors.salt);
    if (y < horizon - crowns) return (0.75f + 0.4f * y) * sky;
    const float leaf =
        0.55f * value_noise(x, 14 * y, b.colors.salt) + 0.45f * value_noise(3 * x, 40 * y, b.colors.salt + 1);
    return (0.35f + 1.2f * leaf) * (y < horizon + 0.1f ? leaves : 1.3f * leaves);
  });
}

void paint_street(Backdrop& b) {
  b.canvas.paint(everything(b.frame), [&](Point2f, Color) {
    return mix({0.7f, 0.78f, 0.9f}, b.colors.far_color, 0.3f);
  });
  for (float left = -0.05f; left < 1;) {
    const float right = left + b.random.uniform(0.16f, 0.34f), top = b.random.uniform(-0.1f, 0.35f);
    const Color house = b.between(b.random.uniform());
    const Color glass = b.random.uniform() < 0.5f ? 0.3f * house : mix(house, {1.0f, 0.9f, 0.6f}, 0.5f);
    b.canvas.paint(b.box(left, top, right, 1.1f), house);
    const float step_x = b.random.uniform(0.045f, 0.08f), step_y = b.random.uniform(0.06f, 0.11f);
    for (float y = top + 0.04f; y < 0.85f; y += step_y) {
      for (float x = left + 0.02f; x + 0.6f * step_x < right; x += step_x) {
        b.canvas.paint(b.box(x, y, x + 0.6f * step_x, y + 0.55f * step_y), glass);
      }
    }
    left = right;
  }
}

void paint_lamps(Backdrop& b) {
  paint_wall(b);
  b.canvas.paint(everything(b.frame), Color{}, 0.6f);
  const int lamps = 12 + static_cast<int>(b.random.below(20));
  for (int i = 0; i < lamps; ++i) {
    const Point2f center{b.random.uniform() * b.width(), b.random.uniform() * b.height()};
    const float radius = b.random.uniform(0.015f, 0.06f) * std::min(b.width(), b.height());
    const float warm = b.random.uniform();
    b.canvas.paint(fill(ellipse(center, radius, radius), b.frame), mix({1.0f, 0.7f, 0.35f}, {0.5f, 0.7f, 1.0f}, warm),
                   b.random.uniform(0.15f, 0.6f));
  }
}

}  // namespace

void paint_backdrop(Canvas& canvas, const Surroundings& surroundings, Random& random) {
  Backdrop backdrop{canvas, surroundings, random, {.height = canvas.height(), .width = canvas.width()}};
  constexpr void (*kKinds[])(Backdrop&) = {paint_wall, paint_room, paint_trees, paint_street, paint_lamps};
  kKinds[random.below(std::size(kKinds))](backdrop);
  // The backdrop lies outside the range in which the camera is sharp.
  canvas.blur(random.uniform(0.002f, 0.009f) * static_cast<float>(std::max(canvas.height(), canvas.width())));
}

}  // namespace massface
