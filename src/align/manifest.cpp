#include "align/manifest.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/json_number.h"
#include "core/text_lines.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "massface-alignment-1";

bool has_text(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string();
}

// Returns whether a line has everything that is read from it again, since the file may have been edited.
bool is_photograph(const Json& line) {
  if (!has_text(line, "source") || !has_text(line, "decision")) return false;
  const Json faces = line.value("faces", Json::array()), found = line.value("faces_found", Json(0));
  return whole_number(found, 0, INT32_MAX) && faces.is_array() &&
         std::ranges::all_of(faces, [](const Json& face) { return has_text(face, "file"); });
}

}  // namespace

AlignmentManifest::AlignmentManifest(const fs::path& folder, const std::string& fingerprint)
    : file_(folder / kManifestName), header_({{"format", kFormat}, {"options", fingerprint}}) {
  if (!path_exists(file_)) {
    sort();
    return;
  }
  const std::string name = printable(file_.native()), bytes = read_text_file(file_);
  const std::string whole = bytes.substr(0, bytes.rfind('\n') + 1);
  for (const TextLine& line : text_lines(whole)) {
    Json json = Json::parse(line.text, nullptr, /*allow_exceptions=*/false);
    if (line.number == 1) {
      require(has_text(json, "format") && json["format"] == kFormat && has_text(json, "options"),
              "{} is not a manifest of massface align. Name another folder", name);
      require(json == header_, "{} was made with other options: {}; now {}. Name another folder, or remove this one",
              name, json["options"].get<std::string>(), fingerprint);
      continue;
    }
    require(is_photograph(json), "{}, line {}: not a line of massface align", name, line.number);
    const std::string source = json["source"];
    done_[source] = std::move(json);
  }
  if (whole.size() != bytes.size()) write_file_atomically(file_, text());
}

void AlignmentManifest::add(Json line) {
  if (!appended_) appended_.emplace(file_);
  appended_->append(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  const std::string source = line["source"];
  done_[source] = std::move(line);
}

std::string AlignmentManifest::text() const {
  std::string text = header_.dump() + "\n";
  for (const auto& [source, line] : done_) text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return text;
}

void AlignmentManifest::sort() {
  appended_.reset();  // from here on, another file has its name
  write_file_atomically(file_, text());
}

}  // namespace massface
