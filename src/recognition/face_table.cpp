#include "recognition/face_table.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "align/face_json.h"
#include "align/manifest.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text_lines.h"
#include "recognition/face_rows.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRows = "rows.f32";
constexpr const char* kLines = "images.jsonl";
constexpr int64_t kWarnings = 20;  // of images without a face; the others are counted

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

void FaceTable::require_own_state(const fs::path& folder) {
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
    const std::string name = entry.path().filename().native();
    const bool is_own = name == kRows || name == kLines || name == kCropFolder;
    require(is_own,
            "{}: the work would be kept in this folder until it is complete, but there is {} in it. Move that "
            "away, or choose another --out",
            printable(folder.native()), printable(name));
  }
}

FaceTable::FaceTable(const fs::path& out, const std::string& conditions, int64_t dimensions)
    : out_(out), folder_(state_folder(out)), dimensions_(dimensions) {
  create_directories_or_fail(folder_);
  require_own_state(folder_);
  lock_.emplace(folder_,
                fmt::format("another massface is writing {}; wait for it or stop it", printable(out.native())));
  read_lines(conditions);
  std::error_code absent;
  const auto bytes = static_cast<uintmax_t>(counts_.faces * dimensions_) * sizeof(float);
  // Rows whose image has no line yet were added by a process that was killed in between.
  if (fs::exists(folder_ / kRows, absent)) {
    const auto size = fs::file_size(folder_ / kRows);
    require(size >= bytes, "{}: has lost rows; remove the folder and begin anew", printable(folder_.native()));
    fs::resize_file(folder_ / kRows, bytes);
  } else {
    require(bytes == 0, "{}: has lost its rows; remove the folder and begin anew", printable(folder_.native()));
  }
  rows_.emplace(folder_ / kRows);
}

void FaceTable::read_lines(const std::string& conditions) {
  const fs::path file = folder_ / kLines;
  const bool is_new = !path_exists(file);
  lines_.emplace(file);  // drops an incomplete last line
  const std::string text = is_new ? "" : read_text_file(file);
  if (text.empty()) return lines_->append(text_of(Json{{"format", "massface-faces-1"}, {"conditions", conditions}}));
  bool is_first = true;
  for (const TextLine& line : text_lines(text)) {
    try {
      const Json json = Json::parse(line.text);
      if (is_first) {
        require(
            json.at("conditions") == conditions,
            "{} was begun with other weights or options ({}, and now {}). Repeat that command, or remove the folder "
            "to begin anew",
            printable(folder_.native()), json.at("conditions").get<std::string>(), conditions);
      } else {
        done_[json.at("file")] = {json.at("bytes"), json.at("modified_ns"), num_lines_++};
        count(json);
      }
    } catch (const Json::exception& error) {
      fail("{}, line {}: damaged ({}); remove the folder and begin anew", printable(file.native()), line.number,
           error.what());
    }
    is_first = false;
  }
}

void FaceTable::count(const Json& line) {
  ++counts_.images;
  const auto faces = line.contains("faces") ? std::ssize(line.at("faces")) : 0;
  counts_.faces += faces;
  const std::string decision = line.at("decision");
  if (decision == decision::kNoFace || decision == decision::kTooSmall)
    ++counts_.without_face;
  else if (faces == 0)
    ++counts_.unreadable;
}

bool FaceTable::has(const NamedImage& image) const {
  const auto found = done_.find(image.name);
  return found != done_.end() && found->second.bytes == image.bytes && found->second.modified_ns == image.modified_ns;
}

void FaceTable::add(const RecognizedImage& recognized) {
  const NamedImage& image = recognized.image;
  const ReadImage& read = recognized.read;
  check(recognized.embeddings.size(0) == std::ssize(read.faces) && recognized.embeddings.size(1) == dimensions_ &&
            recognized.quality.size() == read.faces.size(),
        "there is one row per face");
  Json line{{"file", image.name},        {"bytes", image.bytes},  {"modified_ns", image.modified_ns},
            {"decision", read.decision}, {"height", read.height}, {"width", read.width}};
  if (!read.reason.empty()) line["reason"] = printable(read.reason);
  for (size_t i = 0; i < read.faces.size(); ++i) {
    line["faces"].push_back(with_quality(face_json(read.faces[i].face), recognized.quality[i]));
  }
  const Tensor rows = recognized.embeddings.contiguous();
  rows_->append({static_cast<const char*>(rows.const_data_ptr()), rows.nbytes()});
  lines_->append(text_of(line));
  done_[image.name] = {image.bytes, image.modified_ns, num_lines_++};
  count(line);
}

// A file that changed has several lines, of which the last is that of the file as it was read last.
bool FaceTable::is_wanted(const std::string& file, int64_t line) const {
  const Entry& newest = done_.at(file);
  if (newest.line != line) return false;
  if (!wanted_) return true;
  const auto found = wanted_->find(file);
  return found != wanted_->end() && found->second == std::pair(newest.bytes, newest.modified_ns);
}

void FaceTable::keep_only(const std::vector<NamedImage>& images) {
  wanted_.emplace();
  for (const NamedImage& image : images) wanted_->emplace(image.name, std::pair(image.bytes, image.modified_ns));
  counts_ = {};
  for_each_image([&](const Json& line, const float*, int64_t) { count(line); });
}

template <typename Use>
void FaceTable::for_each_image(const Use& use) const {
  std::ifstream lines(folder_ / kLines), rows(folder_ / kRows, std::ios::binary);
  std::string text;
  std::getline(lines, text);  // the conditions
  std::vector<float> embeddings;
  int64_t number = 0;
  for (int64_t i = 0; std::getline(lines, text); ++i) {
    const Json line = Json::parse(text);
    const auto faces = line.contains("faces") ? line.at("faces").size() : 0;
    embeddings.resize(faces * static_cast<size_t>(dimensions_));
    rows.read(reinterpret_cast<char*>(embeddings.data()),
              static_cast<std::streamsize>(embeddings.size() * sizeof(float)));
    if (!rows) throw Failure(fmt::format("{}: its rows cannot be read", printable(folder_.native())));
    if (is_wanted(line.at("file"), i)) use(line, embeddings.data(), number);
    number += static_cast<int64_t>(faces);
  }
}

void FaceTable::for_each_face(const std::function<void(const Face&)>& use) const {
  for_each_image([&](const Json& line, const float* embeddings, int64_t number) {
    if (!line.contains("faces")) return;
    const std::string file = line.at("file");
    for (const Json& face : line.at("faces")) {
      use({.file = file, .json = face, .number = number++, .embedding = embeddings});
      embeddings += dimensions_;
    }
  });
}

void FaceTable::write() const {
  const auto rows = make_face_rows(out_, counts_.faces, dimensions_, Person::kNone);
  for_each_image([&](const Json& line, const float* embeddings, int64_t) {
    const std::string file = line.at("file");
    if (!line.contains("faces")) {
      return rows->add_without_face(file, line.at("decision"), line.value("reason", ""));
    }
    for (const Json& face : line.at("faces")) {
      rows->add({.file = file, .face = face, .embedding = embeddings});
      embeddings += dimensions_;
    }
  });
  rows->commit();
}

void FaceTable::remove_state() {
  rows_.reset();
  lines_.reset();
  std::error_code kept;
  fs::remove(folder_ / kLines, kept);  // first: rows without lines are a table that has not begun
  fs::remove_all(folder_, kept);
  lock_.reset();
}

void fill_face_table(FaceTable& table, Recognizer& recognizer, const std::vector<NamedImage>& images,
                     const ImagesDone& done, const std::function<void(const RecognizedImage&)>& before) {
  std::vector<NamedImage> open;
  std::ranges::copy_if(images, std::back_inserter(open), [&](const NamedImage& image) { return !table.has(image); });
  const auto done_before = std::ssize(images) - std::ssize(open);
  if (done_before > 0) log_info("{} of {} images are already done", done_before, images.size());
  int64_t left_out = 0;
  const auto add = [&](std::span<const RecognizedImage> part) {
    for (const RecognizedImage& image : part) {
      if (image.read.faces.empty() && ++left_out <= kWarnings) warn_of_left_out(image);
      if (before) before(image);
      table.add(image);
    }
  };
  recognize_images(recognizer, open, add,
                   [&](int64_t count, int64_t) { done(done_before + count, std::ssize(images)); });
  if (left_out > kWarnings) log_warning("{} more images have no face, or cannot be read", left_out - kWarnings);
}

}  // namespace massface
