#include "clustering/people_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "faces.csv";
constexpr size_t kMostPeople = 200, kMostFaces = 12;  // of a contact sheet

using Groups = std::map<int64_t, std::vector<const GroupedFace*>>;

Groups groups_of(const std::vector<GroupedFace>& faces) {
  Groups groups;
  for (const GroupedFace& face : faces) groups[face.group].push_back(&face);
  return groups;
}

// The folder is flushed as a whole before it gets its name.
void copy_crop(const fs::path& from, const fs::path& to) {
  const std::vector<uint8_t> bytes = read_file(from);
  AppendFile(to).append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string number_text(double number) { return fmt::format("{}", number); }

ReportPicture picture_of(const GroupedFace& face) {
  ReportPicture picture{.bytes = read_file(face.crop), .alt = face.file};
  const ImageHeader header = read_image_header(picture.bytes);
  picture.width = header.width;
  picture.height = header.height;
  return picture;
}

// "person-0001" for group 0.
std::string name_of_group(int64_t group) { return fmt::format("person-{:04}", group + 1); }

}  // namespace

void write_people_folder(const fs::path& folder, const std::vector<GroupedFace>& faces, int64_t least_faces) {
  require(!path_exists(folder), "{} exists already; choose another name, or remove it", printable(folder.native()));
  const Groups groups = groups_of(faces);
  write_directory_atomically(folder, [&](const fs::path& partial) {
    std::string list = csv_line({"person", "crop", "file", "left", "top", "right", "bottom", "quality"});
    for (const auto& [group, members] : groups) {
      // A folder of faces that are alone would be taken for a person by whatever reads folders of people.
      const bool is_person = std::ssize(members) >= least_faces;
      const std::string person = is_person ? name_of_group(group) : "";
      if (is_person) create_directories_or_fail(partial / person);
      int64_t number = 0;
      for (const GroupedFace* face : members) {
        std::vector<std::string> fields{person, "", face->file};
        if (is_person) {
          fields[1] = fmt::format("{}/{:05}{}", person, ++number, face->crop.extension().native());
          copy_crop(face->crop, partial / fields[1]);
        }
        std::ranges::transform(face->box, std::back_inserter(fields), number_text);
        fields.push_back(number_text(face->quality));
        list += csv_line(fields);
      }
    }
    write_file_atomically(partial / kList, list);
  });
}

bool is_people_folder(const fs::path& folder) { return is_file(folder / kList); }

Report people_sheet(const std::vector<GroupedFace>& faces, int64_t least_faces, const std::string& rule) {
  Groups groups = groups_of(faces);
  std::erase_if(groups, [&](const auto& group) { return std::ssize(group.second) < least_faces; });
  int64_t in_groups = 0;
  for (const auto& [_, members] : groups) in_groups += std::ssize(members);
  Report report{
      .title = "People",
      .summary = fmt::format("{} faces: {} of {} people with at least {} faces, {} others. Grouped by {}.",
                             faces.size(), in_groups, groups.size(), least_faces, std::ssize(faces) - in_groups, rule),
      .sections = {{.heading = "Contact sheet"}}};
  ReportSection& sheet = report.sections.front();
  if (groups.size() > kMostPeople) {
    sheet.paragraphs.push_back(fmt::format("The {} people with most faces are shown.", kMostPeople));
  }
  for (auto& [group, members] : groups) {
    if (sheet.cases.size() == kMostPeople) break;
    std::ranges::stable_sort(members, std::greater(), &GroupedFace::quality);
    ReportStrip strip;
    for (size_t i = 0; i < std::min(members.size(), kMostFaces); ++i) strip.pictures.push_back(picture_of(*members[i]));
    sheet.cases.push_back({.heading = name_of_group(group),
                           .text = fmt::format("{} faces", members.size()),
                           .strips = {std::move(strip)}});
  }
  return report;
}

}  // namespace massface
