#pragma once

#include <optional>
#include <string>
#include <vector>

#include "align/align_photograph.h"

namespace massface {

// The one of the faces of a photograph that lies where a gallery's face lay (GalleryFace::place): that whose box covers
// most of the same area (intersection over union), at least half. nullopt: none does. Throws Error for a place that is
// not one.
std::optional<size_t> face_at(const std::string& place, const std::vector<AlignedFace>& faces);

}  // namespace massface
