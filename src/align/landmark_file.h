#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "align/five_points.h"

namespace massface {

// Given landmarks by the photograph's path below SRC, in pixels of the photograph seen upright. A CSV file whose first
// line names its columns: "file" and left_eye_x, left_eye_y, right_eye_x, right_eye_y, nose_x, nose_y, mouth_left_x,
// mouth_left_y, mouth_right_x, mouth_right_y, in any order; others are ignored. Throws Error that names file and line.
std::map<std::string, FivePoints> read_landmark_file(const std::filesystem::path& file);

// The first line of such a file, and the line of a photograph, to a hundredth of a pixel. file: without comma and line
// break.
std::string landmark_header();
std::string landmark_line(const std::string& file, const FivePoints& points);

}  // namespace massface
