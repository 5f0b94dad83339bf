#include "recognition/face_table.h"

#include <ATen/ATen.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "align/face_json.h"
#include "align/manifest.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRows = "rows.f32";
constexpr const char* kLines = "images.jsonl";

std::span<const uint8_t> bytes_of_text(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string csv_header(int64_t dimensions) {
  std::vector<std::string> names{"file", "left", "top", "right", "bottom"};
  for (const char* point : {"left_eye", "right_eye", "nose", "mouth_left", "mouth_right"}) {
    for (const char axis : {'x', 'y'}) names.push_back(fmt::format("{}_{}", point, axis));
  }
  names.insert(names.end(), {"score", "quality"});
  for (int64_t i = 0; i < dimensions; ++i) names.push_back(fmt::format("e{}", i));
  return csv_line(names);
}

std::string csv_row(const Json& line, const Json& face, const float* embedding, int64_t dimensions) {
  std::vector<std::string> fields{line.at("file")};
  const auto add = [&](const Json& number) { fields.push_back(fmt::format("{}", number.get<double>())); };
  for (const Json& edge : face.at("box")) add(edge);
  for (const Json& point : face.at("landmarks")) {
    add(point.at(0));
    add(point.at(1));
  }
  add(face.at("score"));
  add(face.at("quality"));
  for (int64_t i = 0; i < dimensions; ++i) fields.push_back(fmt::format("{}", embedding[i]));
  return csv_line(fields);
}

// The line of a face beside its row; row -1: an image without one.
Json face_line(const Json& line, const Json* face, int64_t row) {
  Json result{{"row", face == nullptr ? Json() : Json(row)}, {"file", line.at("file")}};
  if (face != nullptr) {
    result.update(*face);
  } else {
    result["decision"] = line.at("decision");
    if (line.contains("reason")) result["reason"] = line.at("reason");
  }
  return result;
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::vector<fs::path> files_of_table(const fs::path& out) {
  if (out.extension() != ".npy") return {out};
  return {out, fs::path(out).replace_extension(".jsonl")};
}

void require_place_for_table(const fs::path& out, const std::vector<fs::path>& inputs) {
  const std::string ending = out.extension().native();
  require(ending == ".npy" || ending == ".csv" || ending == ".jsonl",
          "--out {}: a table of faces is a .npy, .csv or .jsonl file", printable(out.native()));
  for (const fs::path& file : files_of_table(out)) require_writable_file(file, inputs);
  const fs::path array = fs::path(out).replace_extension(".npy"), lines = fs::path(out).replace_extension(".jsonl");
  const bool would_mix =
      ending == ".npy" ? fs::exists(lines) && !fs::exists(array) : ending == ".jsonl" && fs::exists(array);
  require(!would_mix, "--out {}: {} belongs to another table and would be replaced. Choose another name, or remove it",
          printable(out.native()), printable(lines.native()));
}

FaceTable::FaceTable(const fs::path& out, const std::string& conditions, int64_t dimensions)
    : out_(out), folder_(state_folder(out)), dimensions_(dimensions) {
  create_directories_or_fail(folder_);
  lock_.emplace(folder_,
                fmt::format("another massface embed is writing {}; wait for it or stop it", printable(out.native())));
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
  const bool is_new = !fs::exists(file);
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
        done_[json.at("file")] = {json.at("bytes"), json.at("modified_ns")};
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
  return found != done_.end() && found->second == std::pair(image.bytes, image.modified_ns);
}

void FaceTable::add(const NamedImage& image, const ReadImage& read, const Tensor& embeddings,
                    const std::vector<float>& quality) {
  check(embeddings.size(0) == std::ssize(read.faces) && embeddings.size(1) == dimensions_ &&
            quality.size() == read.faces.size(),
        "there is one row per face");
  Json line{{"file", image.name},        {"bytes", image.bytes},  {"modified_ns", image.modified_ns},
            {"decision", read.decision}, {"height", read.height}, {"width", read.width}};
  if (!read.reason.empty()) line["reason"] = printable(read.reason);
  for (size_t i = 0; i < read.faces.size(); ++i) {
    Json face = face_json(read.faces[i].face);
    face["quality"] = std::round(quality[i] * 1e4) / 1e4;
    line["faces"].push_back(std::move(face));
  }
  const Tensor rows = embeddings.contiguous();
  rows_->append({static_cast<const char*>(rows.const_data_ptr()), rows.nbytes()});
  lines_->append(text_of(line));
  done_[image.name] = {image.bytes, image.modified_ns};
  count(line);
}

bool FaceTable::is_wanted(const Json& line) const {
  if (!wanted_) return true;
  const auto found = wanted_->find(line.at("file").get<std::string>());
  return found != wanted_->end() &&
         found->second == std::pair<int64_t, int64_t>(line.at("bytes"), line.at("modified_ns"));
}

void FaceTable::keep_only(const std::vector<NamedImage>& images) {
  wanted_.emplace();
  for (const NamedImage& image : images) wanted_->emplace(image.name, std::pair(image.bytes, image.modified_ns));
  counts_ = {};
  for_each_image([&](const Json& line, const float*) { count(line); });
}

template <typename Use>
void FaceTable::for_each_image(const Use& use) const {
  std::ifstream lines(folder_ / kLines), rows(folder_ / kRows, std::ios::binary);
  std::string text;
  std::getline(lines, text);  // the conditions
  std::vector<float> embeddings;
  while (std::getline(lines, text)) {
    const Json line = Json::parse(text);
    const auto faces = line.contains("faces") ? line.at("faces").size() : 0;
    embeddings.resize(faces * static_cast<size_t>(dimensions_));
    rows.read(reinterpret_cast<char*>(embeddings.data()),
              static_cast<std::streamsize>(embeddings.size() * sizeof(float)));
    if (!rows) throw Failure(fmt::format("{}: its rows cannot be read", printable(folder_.native())));
    if (is_wanted(line)) use(line, embeddings.data());
  }
}

void FaceTable::write_npy_file() const {
  AtomicFile array(out_), faces(fs::path(out_).replace_extension(".jsonl"));
  // The header of an array that is too large for memory: that of an empty one, with its number of rows.
  array.append(npy_header(at::kFloat, {counts_.faces, dimensions_}));
  int64_t row = 0;
  for_each_image([&](const Json& line, const float* embeddings) {
    const auto count = line.contains("faces") ? std::ssize(line.at("faces")) : 0;
    array.append(
        {reinterpret_cast<const uint8_t*>(embeddings), static_cast<size_t>(count * dimensions_) * sizeof(float)});
    for (int64_t i = 0; i < count; ++i) {
      faces.append(bytes_of_text(text_of(face_line(line, &line.at("faces")[static_cast<size_t>(i)], row++)) + '\n'));
    }
    if (count == 0) faces.append(bytes_of_text(text_of(face_line(line, nullptr, -1)) + '\n'));
  });
  array.commit();  // first: FACES.jsonl without FACES.npy would be another table
  faces.commit();
}

void FaceTable::write_text_file(bool csv) const {
  AtomicFile file(out_);
  if (csv) file.append(bytes_of_text(csv_header(dimensions_)));
  int64_t row = 0;
  for_each_image([&](const Json& line, const float* embeddings) {
    const auto count = line.contains("faces") ? std::ssize(line.at("faces")) : 0;
    for (int64_t i = 0; i < count; ++i, embeddings += dimensions_) {
      const Json& face = line.at("faces")[static_cast<size_t>(i)];
      if (csv) {
        file.append(bytes_of_text(csv_row(line, face, embeddings, dimensions_)));
        continue;
      }
      Json listed = face_line(line, &face, row++);
      listed["embedding"] = std::vector<float>(embeddings, embeddings + dimensions_);
      file.append(bytes_of_text(text_of(listed) + '\n'));
    }
    if (count == 0 && !csv) file.append(bytes_of_text(text_of(face_line(line, nullptr, -1)) + '\n'));
  });
  file.commit();
}

void FaceTable::write() const {
  if (out_.extension() == ".npy") return write_npy_file();
  write_text_file(out_.extension() == ".csv");
}

void FaceTable::remove_state() {
  rows_.reset();
  lines_.reset();
  std::error_code kept;
  fs::remove(folder_ / kLines, kept);  // first: rows without lines are a table that has not begun
  fs::remove_all(folder_, kept);
  lock_.reset();
}

}  // namespace massface
