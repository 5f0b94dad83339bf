#pragma once

namespace massface {

// How to treat an image whose size is not that of the network's input.
enum class OtherSize {
  kError,
  kResize,      // scales the whole image to the input's size
  kCenterCrop,  // crops the middle; Error if the image is smaller than the input in either direction
};

// Returns what the options `resize` and `center_crop` ask for; at most one of them may be set.
constexpr OtherSize other_size_of(bool resize, bool center_crop) {
  return resize ? OtherSize::kResize : center_crop ? OtherSize::kCenterCrop : OtherSize::kError;
}

}  // namespace massface
