#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace massface {

// A face as a row of a table. Texts are printable.
struct FaceRow {
  std::string file;
  std::string person = {};             // of tables with people
  const nlohmann::ordered_json& face;  // box, landmarks, score and quality (docs/formats/faces.md)
  const float* embedding = nullptr;    // [D]
};

// Adds the quality of a face's embedding (recognition/embed_faces.h), to 1e-4, to what face_json() says of it.
nlohmann::ordered_json with_quality(nlohmann::ordered_json face, double quality);

// Writes a table of faces row by row, in memory that does not grow with the embeddings.
class FaceRows {
 public:
  virtual ~FaceRows() = default;

  virtual void add(const FaceRow& row) = 0;
  // An image without a row; formats that hold nothing but rows leave it out.
  virtual void add_without_face(const std::string& file, const std::string& decision, const std::string& reason) = 0;
  // Makes the table appear under its name. Throws Failure.
  virtual void commit() = 0;
};

// Whether the rows of a table name a person.
enum class Person { kNone, kNamed };

// The format is that of the name's ending: .npy (and what is known of the faces beside it, with the ending .jsonl),
// .npz, .csv or .jsonl. num_rows: how many will be added.
std::unique_ptr<FaceRows> make_face_rows(const std::filesystem::path& out, int64_t num_rows, int64_t dimensions,
                                         Person person);

// The files that a table of this name consists of: FACES.jsonl beside FACES.npy.
std::vector<std::filesystem::path> files_of_table(const std::filesystem::path& out);

// Throws Error unless the name ends with one of the formats, and if one of its files would replace one of the inputs or
// a file of another table.
void require_place_for_table(const std::filesystem::path& out, const std::vector<std::filesystem::path>& inputs);

}  // namespace massface
