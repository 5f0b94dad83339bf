#include "cli/left_out.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace massface {

void add_left_out(nlohmann::ordered_json& json, const std::vector<UnreadableImage>& left_out) {
  json["left_out_images"] = left_out.size();
  json["left_out"] = nlohmann::ordered_json::array();
  for (const UnreadableImage& image : left_out) {
    json["left_out"].push_back({{"image", printable(image.name)}, {"reason", printable(image.reason)}});
  }
}

void require_place_for_left_out(const std::filesystem::path& list) {
  std::error_code unreachable;  // if so, it cannot be written either
  require(!exists(symlink_status(list, unreachable)),
          "{} already exists, and images that are left out would be listed there. Move it away, or choose another name",
          printable(list.native()));
}

void report_left_out(const std::vector<UnreadableImage>& left_out, const std::filesystem::path& list) {
  if (left_out.empty()) return;
  std::string lines;
  for (const UnreadableImage& image : left_out) lines += to_line(image) + "\n";
  write_file_atomically(list, lines);
  log_warning("{} unreadable images were left out, such as {}; all are listed in {}", left_out.size(),
              to_line(left_out.front()), printable(list.native()));
}

}  // namespace massface
