#pragma once

#include <nlohmann/json_fwd.hpp>

#include "align/face.h"

namespace massface {

// {"box": [left, top, right, bottom], "landmarks": [[x, y], ...], "score": s}, to a hundredth of a pixel and 1e-4; more
// digits would carry no information.
nlohmann::ordered_json face_json(const Face& face);

}  // namespace massface
