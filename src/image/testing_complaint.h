#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/decode.h"

namespace massface {

// For tests: the decoder's message about these bytes, or "no complaint".
inline std::string complaint_of(const std::vector<uint8_t>& bytes) {
  try {
    ImageDecoder().decode(bytes);
  } catch (const BadImage& bad) {
    return bad.what();
  }
  return "no complaint";
}

}  // namespace massface
