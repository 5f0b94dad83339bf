#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "align/align_photograph.h"

namespace massface {

// GalleryFace::place as face_json() made it: "box" of 4 numbers, "landmarks" of 5 points, "score". Throws Error for a
// place that is not one.
nlohmann::ordered_json place_json(const std::string& place);

// Returns whether place_json() accepts it.
bool is_place(const std::string& place);

// Returns whether the face was added as a crop, which is all face and has no landmarks.
bool is_crop(const std::string& place);

// The one of the faces of a photograph that lies where a gallery's face lay (GalleryFace::place): that whose box covers
// most of the same area (intersection over union), at least half. nullopt: none does. Throws Error for a place that is
// not one.
std::optional<size_t> face_at(const std::string& place, const std::vector<AlignedFace>& faces);

}  // namespace massface
