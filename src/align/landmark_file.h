#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "align/five_points.h"

namespace massface {

// Reads given landmarks by the photograph's path below SRC, in pixels of the upright photograph. The file is CSV; its
// first line names its columns: "file" and left_eye_x, left_eye_y, right_eye_x, right_eye_y, nose_x, nose_y,
// mouth_left_x, mouth_left_y, mouth_right_x, mouth_right_y, in any order; others are ignored. Throws Error naming file
// and line.
std::map<std::string, FivePoints> read_landmark_file(const std::filesystem::path& file);

// The first line of such a file.
std::string landmark_header();
// The line of a photograph, to a hundredth of a pixel. file: has no comma and no line break.
std::string landmark_line(const std::string& file, const FivePoints& points);

}  // namespace massface
