#include "recognition/face_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "tensor_file/npy.h"
#include "tensor_file/npz.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::span<const uint8_t> bytes_of_text(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::span<const uint8_t> bytes_of_row(const float* embedding, int64_t dimensions) {
  return {reinterpret_cast<const uint8_t*>(embedding), static_cast<size_t>(dimensions) * sizeof(float)};
}

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'; }

Json json_of(const FaceRow& row, int64_t number, Person person) {
  Json line{{"row", number}, {"file", row.file}};
  if (person == Person::kNamed) line["person"] = row.person;
  line.update(row.face);
  return line;
}

Json json_without_face(const std::string& file, const std::string& decision, const std::string& reason) {
  Json line{{"row", nullptr}, {"file", file}, {"decision", decision}};
  if (!reason.empty()) line["reason"] = reason;
  return line;
}

// FACES.npy, and FACES.jsonl beside it.
class NpyRows : public FaceRows {
 public:
  NpyRows(const fs::path& out, int64_t num_rows, int64_t dimensions, Person person)
      : person_(person), dimensions_(dimensions), array_(out), lines_(fs::path(out).replace_extension(".jsonl")) {
    array_.append(npy_header(at::kFloat, {num_rows, dimensions}));
  }

  void add(const FaceRow& row) override {
    array_.append(bytes_of_row(row.embedding, dimensions_));
    lines_.append(bytes_of_text(line_of(json_of(row, rows_++, person_))));
  }

  void add_without_face(const std::string& file, const std::string& decision, const std::string& reason) override {
    lines_.append(bytes_of_text(line_of(json_without_face(file, decision, reason))));
  }

  void commit() override {
    lines_.overwrite(0, {});  // writes what still waits in memory: a full disk shows before either gets its name
    array_.commit();          // first: FACES.jsonl without FACES.npy would be another table
    lines_.commit();
  }

 private:
  Person person_;
  int64_t dimensions_, rows_ = 0;
  AtomicFile array_, lines_;
};

// FACES.jsonl with the embeddings in it.
class JsonRows : public FaceRows {
 public:
  JsonRows(const fs::path& out, int64_t dimensions, Person person)
      : person_(person), dimensions_(dimensions), file_(out) {}

  void add(const FaceRow& row) override {
    Json line = json_of(row, rows_++, person_);
    line["embedding"] = std::vector<float>(row.embedding, row.embedding + dimensions_);
    file_.append(bytes_of_text(line_of(line)));
  }

  void add_without_face(const std::string& file, const std::string& decision, const std::string& reason) override {
    file_.append(bytes_of_text(line_of(json_without_face(file, decision, reason))));
  }

  void commit() override { file_.commit(); }

 private:
  Person person_;
  int64_t dimensions_, rows_ = 0;
  AtomicFile file_;
};

class CsvRows : public FaceRows {
 public:
  CsvRows(const fs::path& out, int64_t dimensions, Person person)
      : person_(person), dimensions_(dimensions), file_(out) {
    std::vector<std::string> names{"file"};
    if (person == Person::kNamed) names.emplace_back("person");
    names.insert(names.end(), {"left", "top", "right", "bottom"});
    for (const char* point : {"left_eye", "right_eye", "nose", "mouth_left", "mouth_right"}) {
      for (const char axis : {'x', 'y'}) names.push_back(fmt::format("{}_{}", point, axis));
    }
    names.insert(names.end(), {"score", "quality"});
    for (int64_t i = 0; i < dimensions; ++i) names.push_back(fmt::format("e{}", i));
    file_.append(bytes_of_text(csv_line(names)));
  }

  void add(const FaceRow& row) override {
    std::vector<std::string> fields{row.file};
    if (person_ == Person::kNamed) fields.push_back(row.person);
    const auto add = [&](const Json& number) { fields.push_back(fmt::format("{}", number.get<double>())); };
    for (const Json& edge : row.face.at("box")) add(edge);
    for (const Json& point : row.face.at("landmarks")) std::ranges::for_each(point, add);
    add(row.face.at("score"));
    add(row.face.at("quality"));
    for (int64_t i = 0; i < dimensions_; ++i) fields.push_back(fmt::format("{}", row.embedding[i]));
    file_.append(bytes_of_text(csv_line(fields)));
  }

  void add_without_face(const std::string&, const std::string&, const std::string&) override {}

  void commit() override { file_.commit(); }

 private:
  Person person_;
  int64_t dimensions_;
  AtomicFile file_;
};

// FACES.npz: an array for each column. The embeddings are written to a file of their own first.
class NpzRows : public FaceRows {
 public:
  NpzRows(const fs::path& out, int64_t num_rows, int64_t dimensions, Person person)
      : out_(out),
        embeddings_file_(out.native() + ".embeddings.partial"),
        person_(person),
        dimensions_(dimensions),
        embeddings_(std::make_unique<AtomicFile>(embeddings_file_)) {
    embeddings_->append(npy_header(at::kFloat, {num_rows, dimensions}));
  }

  ~NpzRows() override {
    std::error_code absent;
    fs::remove(embeddings_file_, absent);
  }

  void add(const FaceRow& row) override {
    embeddings_->append(bytes_of_row(row.embedding, dimensions_));
    files_.push_back(row.file);
    people_.push_back(row.person);
    for (const Json& edge : row.face.at("box")) boxes_.push_back(edge.get<float>());
    for (const Json& point : row.face.at("landmarks")) {
      for (const Json& coordinate : point) landmarks_.push_back(coordinate.get<float>());
    }
    scores_.push_back(row.face.at("score").get<float>());
    qualities_.push_back(row.face.at("quality").get<float>());
  }

  void add_without_face(const std::string&, const std::string&, const std::string&) override {}

  void commit() override {
    embeddings_->commit();
    const auto n = std::ssize(files_);
    const auto array = [](const std::vector<float>& values, at::IntArrayRef shape) {
      return encode_npy(at::tensor(values, at::kFloat).view(shape));
    };
    NpzFile file(out_);
    file.add_file("embeddings", embeddings_file_);
    file.add("file", encode_npy_texts(files_));
    if (person_ == Person::kNamed) file.add("person", encode_npy_texts(people_));
    file.add("box", array(boxes_, {n, 4}));
    file.add("landmarks", array(landmarks_, {n, 5, 2}));
    file.add("score", array(scores_, {n}));
    file.add("quality", array(qualities_, {n}));
    file.commit();
  }

 private:
  fs::path out_, embeddings_file_;
  Person person_;
  int64_t dimensions_;
  std::unique_ptr<AtomicFile> embeddings_;
  std::vector<std::string> files_, people_;
  std::vector<float> boxes_, landmarks_, scores_, qualities_;
};

constexpr std::array kEndings{".npy", ".npz", ".csv", ".jsonl"};

}  // namespace

Json with_quality(Json face, double quality) {
  face["quality"] = std::round(quality * 1e4) / 1e4;
  return face;
}

std::unique_ptr<FaceRows> make_face_rows(const fs::path& out, int64_t num_rows, int64_t dimensions, Person person) {
  const std::string ending = out.extension().native();
  if (ending == ".npy") return std::make_unique<NpyRows>(out, num_rows, dimensions, person);
  if (ending == ".npz") return std::make_unique<NpzRows>(out, num_rows, dimensions, person);
  if (ending == ".csv") return std::make_unique<CsvRows>(out, dimensions, person);
  check(ending == ".jsonl", "require_place_for_table() accepted the name");
  return std::make_unique<JsonRows>(out, dimensions, person);
}

std::vector<fs::path> files_of_table(const fs::path& out) {
  if (out.extension() != ".npy") return {out};
  return {out, fs::path(out).replace_extension(".jsonl")};
}

void require_place_for_table(const fs::path& out, const std::vector<fs::path>& inputs) {
  const std::string ending = out.extension().native();
  require(std::ranges::find(kEndings, ending) != kEndings.end(),
          "--out {}: a table of faces is a .npy, .npz, .csv or .jsonl file", printable(out.native()));
  for (const fs::path& file : files_of_table(out)) require_writable_file(file, inputs);
  const fs::path array = fs::path(out).replace_extension(".npy"), lines = fs::path(out).replace_extension(".jsonl");
  const bool would_mix =
      ending == ".npy" ? path_exists(lines) && !path_exists(array) : ending == ".jsonl" && path_exists(array);
  require(!would_mix, "--out {}: {} belongs to another table and would be replaced. Choose another name, or remove it",
          printable(out.native()), printable(lines.native()));
}

}  // namespace massface
