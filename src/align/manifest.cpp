#include "align/manifest.h"

#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "massface-alignment-1";

}  // namespace

AlignmentManifest::AlignmentManifest(const fs::path& folder, const std::string& fingerprint)
    : file_(folder / "manifest.jsonl"), header_({{"format", kFormat}, {"options", fingerprint}}) {
  if (!fs::exists(file_)) {
    sort();
    return;
  }
  const std::string name = printable(file_.native()), bytes = read_text_file(file_);
  const std::string whole = bytes.substr(0, bytes.rfind('\n') + 1);
  for (const TextLine& line : text_lines(whole)) {
    Json json = Json::parse(line.text, nullptr, /*allow_exceptions=*/false);
    if (line.number == 1) {
      require(json.is_object() && json.value("format", "") == kFormat,
              "{} is no manifest of massface align. Name another folder", name);
      require(json == header_, "{} was made with other options: {}; now {}. Name another folder, or remove this one",
              name, json.value("options", ""), fingerprint);
      continue;
    }
    require(json.is_object() && json.contains("source") && json["source"].is_string(),
            "{}, line {}: not a line of massface align", name, line.number);
    const std::string source = json["source"];
    done_[source] = std::move(json);
  }
  if (whole.size() != bytes.size()) write_file_atomically(file_, text());
}

void AlignmentManifest::add(Json line) {
  LineFile(file_).append(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  const std::string source = line["source"];
  done_[source] = std::move(line);
}

std::string AlignmentManifest::text() const {
  std::string text = header_.dump() + "\n";
  for (const auto& [source, line] : done_) text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return text;
}

void AlignmentManifest::sort() { write_file_atomically(file_, text()); }

}  // namespace massface
