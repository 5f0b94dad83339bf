#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "align/mtcnn.h"
#include "core/options.h"

namespace massface {

// How photographs are turned into crops.
struct AlignmentOptions {
  std::string size = "112x112";  // height x width
  std::string faces = "largest";
  std::string format = "jpeg";
  int64_t quality = 95;
  std::string fill = "0,0,0";
  int64_t max_side = 2048;
  MtcnnOptions detector;

  void describe(OptionTable& table);

  // `size` and `fill` as numbers. Throw Error naming the option if its text is invalid.
  std::array<int64_t, 2> height_and_width() const;
  std::array<uint8_t, 3> fill_color() const;

  // One line with everything that determines a crop's bytes: a manifest with other options is not continued.
  std::string fingerprint() const;
};

}  // namespace massface
