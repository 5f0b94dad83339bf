#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "report/report.h"

namespace massface {

// A face that was put into a group.
struct GroupedFace {
  int64_t group = 0;        // from 0
  std::string file;         // the photograph, printable
  std::vector<double> box;  // left, top, right, bottom in it
  double quality = 0;
  std::filesystem::path crop;  // a JPEG or PNG
};

// Writes a folder with a folder of crops for each group of at least `least_faces` faces, and faces.csv, which says
// where each crop comes from, and lists the faces of smaller groups without one. The folder appears when it is
// complete. Throws Error if it exists, and Failure.
void write_people_folder(const std::filesystem::path& folder, const std::vector<GroupedFace>& faces,
                         int64_t least_faces);

// Returns whether write_people_folder() has written the folder.
bool is_people_folder(const std::filesystem::path& folder);

// A contact sheet to name the groups by: some faces of each of the largest groups, the best ones first.
Report people_sheet(const std::vector<GroupedFace>& faces, int64_t least_faces, const std::string& rule);

}  // namespace massface
