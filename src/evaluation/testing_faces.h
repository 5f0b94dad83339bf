#pragma once

#include "core/random.h"
#include "image/image.h"
#include "model/model.h"

namespace massface {

// For tests: the smallest input size that is comfortable for the networks.
inline constexpr int64_t kTinySize = 32;

// Returns an untrained network that embeds an image in a millisecond.
inline Model tiny_model() {
  return make_model({.name = "mobilefacenet", .embedding_size = 16}, {.height = kTinySize, .width = kTinySize}, 1);
}

// Returns noise that stands in for a face: the same person gives the same image.
inline Image noise_image(uint64_t person, int64_t size = kTinySize) {
  Image image{size, size, std::vector<uint8_t>(static_cast<size_t>(size * size * 3))};
  Random random(person, RandomStream::kSyntheticImage);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.below(256));
  return image;
}

}  // namespace massface
