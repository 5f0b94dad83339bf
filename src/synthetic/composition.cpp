#include "synthetic/composition.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace massface {
namespace {

// The size of a head with its hair, and its centre, in pixels of the aligned face.
constexpr float kHeadHeight = 141;
constexpr float kHeadWidth = 120;
constexpr Point2f kHeadCenter{56, 45};

constexpr float kTurnedShare = 0.2f;  // of photographs whose camera was not held upright

Frame empty_picture(Random& random) {
  constexpr float kAspects[] = {1, 4.0f / 3, 3.0f / 4, 3.0f / 2, 2.0f / 3, 5.0f / 4};
  // The longer side is distributed on a logarithmic scale, so that small pictures are as frequent as large ones.
  const float longer = 300 * std::exp2(random.uniform(0.0f, 1.73f));
  const float aspect = kAspects[random.below(std::size(kAspects))];  // width by height
  return {.height = static_cast<int64_t>(longer / std::max(1.0f, aspect)),
          .width = static_cast<int64_t>(longer * std::min(1.0f, aspect))};
}

// Sets the frame of a head with this scale (pixels of the picture per pixel of the aligned face) and tilt, centred at
// `center`.
void place(Frame& frame, float scale, float tilt_radians, Point2f center) {
  frame.turn = {scale * std::cos(tilt_radians), scale * std::sin(tilt_radians)};
  frame.shift = center - multiply(frame.turn, kHeadCenter);
}

float tilt(Random& random) { return 0.12f * std::clamp(random.normal(), -3.0f, 3.0f); }

// Returns a random number between low and high, or their mean if there is no space between them.
float somewhere(Random& random, float low, float high) {
  const float u = random.uniform();
  return low < high ? low + u * (high - low) : 0.5f * (low + high);
}

}  // namespace

SyntheticComposition compose_synthetic_photograph(Random& random, double bystanders) {
  SyntheticComposition composition{.person = empty_picture(random)};
  Frame& person = composition.person;
  const auto height = static_cast<float>(person.height), width = static_cast<float>(person.width);
  const float share = random.uniform(0.28f, 0.6f);
  const float scale = std::max(0.6f, share * std::min(height, 1.1f * width) / kHeadHeight);
  const float margin = 0.55f * kHeadWidth * scale;
  const float top = 0.56f * kHeadHeight * scale;
  const float x = somewhere(random, std::max(margin, 0.25f * width), std::min(width - margin, 0.75f * width));
  const float y = somewhere(random, top, 0.5f * height);
  place(person, scale, tilt(random), {x, y});

  if (random.uniform() < static_cast<float>(bystanders)) {
    const uint64_t count = 1 + random.below(2);
    float side = x < 0.5f * width ? 1.0f : -1.0f;  // the side with more space
    for (uint64_t i = 0; i < count; ++i, side = -side) {
      const float smaller = scale * random.uniform(0.5f, 0.78f);
      const float apart = (0.55f * scale + 0.5f * smaller) * kHeadWidth;
      const float edge = side < 0 ? 0.4f * kHeadWidth * smaller : width - 0.4f * kHeadWidth * smaller;
      const float room = side * (edge - x) - apart;
      const float dx = apart + random.uniform() * std::max(0.0f, room);
      const float dy = (0.1f + 0.5f * random.uniform()) * kHeadHeight * (scale - smaller);
      const float angle = tilt(random);
      if (room <= 0 || smaller < 0.4f) continue;
      Frame other = person;
      place(other, smaller, angle, {x + side * dx, y + dy});
      composition.bystanders.push_back(other);
    }
  }
  constexpr int kTurned[] = {3, 6, 8};
  const bool turned = random.uniform() < kTurnedShare;
  const int held = kTurned[random.below(std::size(kTurned))];
  composition.orientation = turned ? held : 1;
  return composition;
}

}  // namespace massface
