#include "synthetic/identity.h"

#include <algorithm>
#include <iterator>

#include "core/random.h"

namespace massface {
namespace {

// Returns a normal random number without the tails, which would draw monsters.
float around(Random& random, float mean, float deviation) {
  return mean + deviation * std::clamp(random.normal(), -2.0f, 2.0f);
}

template <size_t n>
size_t pick(Random& random, const float (&weights)[n]) {
  float left = 0;
  for (float weight : weights) left += weight;
  left *= random.uniform();
  for (size_t i = 0; i + 1 < n; ++i) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return n - 1;
}

Color vary(Random& random, Color color, float amount) {
  const float brightness = around(random, 1, amount);
  return {color.r * brightness * around(random, 1, amount / 3), color.g * brightness * around(random, 1, amount / 3),
          color.b * brightness * around(random, 1, amount / 3)};
}

SkullShape draw_skull(Random& random) {
  SkullShape skull{};
  const float width = around(random, 1.0f, 0.055f);
  skull.forehead_width = width * around(random, 0.98f, 0.05f);
  skull.temple_width = width * around(random, 1.16f, 0.03f);
  skull.cheek_width = width * around(random, 1.17f, 0.04f);
  skull.jaw_width = width * around(random, 0.92f, 0.09f);
  skull.chin_width = around(random, 0.40f, 0.09f);
  skull.jaw_y = around(random, 1.25f, 0.09f);
  skull.chin_y = around(random, 1.82f, 0.10f);
  skull.ear_size = around(random, 0.30f, 0.05f);
  skull.ear_y = around(random, 0.30f, 0.06f);
  skull.ear_stand_off = random.uniform(0.0f, 0.16f);
  return skull;
}

EyeShape draw_eyes(Random& random) {
  static const Color kIrises[] = {display_color(62, 38, 22),   display_color(96, 62, 34),
                                  display_color(130, 96, 48),  display_color(86, 112, 74),
                                  display_color(84, 124, 160), display_color(122, 150, 172),
                                  display_color(110, 116, 120)};
  EyeShape eyes{};
  eyes.spacing = around(random, 1.0f, 0.05f);
  eyes.width = around(random, 0.225f, 0.024f);
  eyes.height = around(random, 0.098f, 0.019f);
  eyes.tilt = around(random, 0.05f, 0.07f);
  eyes.roundness = random.uniform(0.2f, 1.0f);
  eyes.iris_radius = around(random, 0.105f, 0.008f);
  eyes.lid_crease = random.uniform();
  eyes.lid_weight = random.uniform(0.5f, 1.6f);
  eyes.bag = random.uniform();
  eyes.iris = vary(random, kIrises[random.below(std::size(kIrises))], 0.12f);
  return eyes;
}

BrowShape draw_brows(Random& random) {
  BrowShape brows{};
  brows.gap = around(random, 0.30f, 0.045f);
  brows.length = around(random, 0.33f, 0.035f);
  brows.thickness = around(random, 0.088f, 0.025f);
  brows.arch = around(random, 0.06f, 0.04f);
  brows.tilt = around(random, 0.02f, 0.09f);
  brows.density = random.uniform(0.55f, 0.95f);
  return brows;
}

NoseShape draw_nose(Random& random) {
  NoseShape nose{};
  nose.tip_y = around(random, 0.57f, 0.055f);
  nose.width = around(random, 0.25f, 0.04f);
  nose.bridge_width = around(random, 0.10f, 0.02f);
  nose.nostril = random.uniform(0.5f, 1.2f);
  nose.relief = around(random, 0.42f, 0.08f);
  return nose;
}

MouthShape draw_mouth(Random& random) {
  MouthShape mouth{};
  mouth.y = around(random, 1.155f, 0.05f);
  mouth.width = around(random, 0.41f, 0.045f);
  mouth.upper = around(random, 0.085f, 0.025f);
  mouth.lower = around(random, 0.115f, 0.03f);
  mouth.bow = random.uniform(0.0f, 0.05f);
  mouth.corner = around(random, 0.0f, 0.025f);
  return mouth;
}

Skin draw_skin(Random& random) {
  static const Color kTones[] = {display_color(247, 217, 196), display_color(232, 190, 160),
                                 display_color(214, 164, 124), display_color(176, 122, 84),
                                 display_color(126, 82, 56),   display_color(92, 60, 44)};
  Skin skin{};
  const float melanin = random.uniform(0.0f, 4.999f);
  const auto tone = static_cast<size_t>(melanin);
  skin.tone = vary(random, mix(kTones[tone], kTones[tone + 1], melanin - static_cast<float>(tone)), 0.05f);
  skin.blush = random.uniform();
  skin.freckles = melanin < 2 && random.uniform() < 0.3f ? random.uniform(0.4f, 1.0f) : 0;
  skin.age = std::max(0.0f, random.uniform(-0.7f, 1.0f));
  skin.freckle_salt = random.next_u32();
  const size_t moles = pick(random, {0.45f, 0.3f, 0.15f, 0.1f});
  for (size_t i = 0; i < moles; ++i) {
    const float x = random.uniform(0.25f, 0.85f) * (random.uniform() < 0.5f ? -1.0f : 1.0f);
    const float y = random.uniform(0.25f, 1.5f);
    skin.moles.push_back({x, y, random.uniform(0.018f, 0.042f)});
  }
  return skin;
}

Hair draw_hair(Random& random, float age) {
  static const Color kColors[] = {display_color(24, 20, 20),   display_color(52, 36, 26),    display_color(92, 62, 40),
                                  display_color(146, 106, 62), display_color(206, 168, 106), display_color(146, 66, 32),
                                  display_color(98, 40, 92),   display_color(40, 84, 128)};
  const float grey_weight = age > 0.5f ? 1.0f : 0.1f;
  Hair hair{};
  const size_t color = pick(random, {2.2f, 2.0f, 1.5f, 1.0f, 1.0f, 0.7f, 0.12f, 0.12f, grey_weight});
  hair.color = vary(random, color < 8 ? kColors[color] : display_color(172, 170, 166), 0.12f);
  hair.style = static_cast<HairStyle>(pick(random, {0.5f, 0.8f, 1.4f, 0.9f, 1.7f, 1.2f, 1.3f, 1.2f}));
  hair.line_y = around(random, -0.88f, 0.13f);
  hair.volume = random.uniform(0.12f, 0.34f);
  hair.side_y = random.uniform(0.05f, 0.5f);
  hair.part = random.uniform() < 0.5f ? random.uniform(-0.6f, -0.3f) : random.uniform(0.3f, 0.6f);
  hair.curls = random.next_u32();
  const float long_chance = hair.style >= HairStyle::kSidePart ? 0.5f : 0.0f;
  hair.long_behind = random.uniform() < (hair.style == HairStyle::kCentrePart ? 0.85f : long_chance);
  if (hair.style == HairStyle::kCurly) hair.volume += 0.12f;
  return hair;
}

Beard draw_beard(Random& random, bool long_hair) {
  const float bare = long_hair ? 12.0f : 2.0f;
  Beard beard{};
  beard.kind = static_cast<BeardKind>(pick(random, {bare, 0.8f, 0.6f, 0.5f, 0.7f}));
  beard.density = random.uniform(0.6f, 0.95f);
  return beard;
}

Glasses draw_glasses(Random& random) {
  static const Color kFrames[] = {display_color(24, 22, 22), display_color(96, 58, 34), display_color(150, 150, 156),
                                  display_color(140, 30, 36), display_color(36, 52, 110)};
  Glasses glasses{};
  glasses.tendency = pick(random, {0.7f, 0.3f}) == 0 ? 0.05f : 0.8f;
  glasses.width = around(random, 0.38f, 0.03f);
  glasses.height = around(random, 0.27f, 0.04f);
  glasses.squareness = random.uniform();
  glasses.thickness = random.uniform(0.03f, 0.075f);
  glasses.frame = kFrames[random.below(std::size(kFrames))];
  return glasses;
}

}  // namespace

SyntheticIdentity make_synthetic_identity(uint64_t seed, int64_t identity) {
  Random random(seed, RandomStream::kSyntheticIdentity, static_cast<uint64_t>(identity));
  SyntheticIdentity person{};
  person.skull = draw_skull(random);
  person.eyes = draw_eyes(random);
  person.brows = draw_brows(random);
  person.nose = draw_nose(random);
  person.mouth = draw_mouth(random);
  person.skin = draw_skin(random);
  person.hair = draw_hair(random, person.skin.age);
  person.beard = draw_beard(random, person.hair.long_behind);
  person.glasses = draw_glasses(random);
  // Lips are the skin with more blood behind it.
  const Color blood{random.uniform(0.72f, 1.0f), random.uniform(0.32f, 0.6f), random.uniform(0.36f, 0.62f)};
  person.mouth.lips = blood * person.skin.tone;
  return person;
}

}  // namespace massface
