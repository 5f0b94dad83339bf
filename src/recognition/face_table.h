#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/atomic_files.h"
#include "core/file_lock.h"
#include "recognition/recognize_images.h"

namespace massface {

struct FaceTableCounts {
  int64_t images = 0, faces = 0, without_face = 0, unreadable = 0;
};

// A table of faces while it is made, image by image, in memory that does not grow with it. Its state is the folder
// OUT.unfinished: the rows of embeddings, and a line of JSON for each image that is done (docs/formats/faces.md). The
// same command goes on from there.
class FaceTable {
 public:
  // conditions: everything that the rows depend on besides the images; an unfinished table with other ones is not
  // continued. dimensions: D. Throws Error if the folder is in use or was made under other conditions.
  FaceTable(const std::filesystem::path& out, const std::string& conditions, int64_t dimensions);

  // Where a command may keep crops of the faces, in the folder of the state.
  static constexpr const char* kCropFolder = "crops";

  // OUT.unfinished.
  static std::filesystem::path state_folder(const std::filesystem::path& out) { return out.native() + ".unfinished"; }

  // Throws Error if the folder holds anything that no table has left there: it is not ours, and would be removed.
  static void require_own_state(const std::filesystem::path& folder);

  // Whether the image, the same file as now, is in the table.
  bool has(const NamedImage& image) const;

  // Adds an image with its rows. Throws Failure.
  void add(const RecognizedImage& image);

  FaceTableCounts counts() const { return counts_; }

  // Leaves out of the counts and of what is written all images but these, as they are now: an earlier command may have
  // named others, and files may have changed since.
  void keep_only(const std::vector<NamedImage>& images);

  // A face of the table.
  struct Face {
    const std::string& file;
    const nlohmann::ordered_json& json;  // box, landmarks, score, quality
    int64_t number;                      // of all faces that add() was ever given, from 0
    const float* embedding;              // [D]
  };
  // Calls use() for each face that counts() counts, in the order in which they were added.
  void for_each_face(const std::function<void(const Face&)>& use) const;

  // Writes the table under its name, in the format that the name ends with (recognition/face_rows.h). Throws Failure.
  void write() const;
  // Removes the folder with the state. Nothing else may be called afterwards.
  void remove_state();

 private:
  void read_lines(const std::string& conditions);
  void count(const nlohmann::ordered_json& line);
  bool is_wanted(const std::string& file, int64_t line) const;
  // Calls use(line, embeddings of its faces, number of the first of them) for each image of the table.
  template <typename Use>
  void for_each_image(const Use& use) const;

  std::filesystem::path out_, folder_;
  int64_t dimensions_;
  std::optional<FileLock> lock_;
  struct Entry {
    int64_t bytes = 0, modified_ns = 0;  // of the file
    int64_t line = 0;                    // the newest one of the file, of all lines of images
  };
  std::map<std::string, Entry> done_;                                         // by name
  std::optional<std::map<std::string, std::pair<int64_t, int64_t>>> wanted_;  // bytes and time by name; nullopt: all
  int64_t num_lines_ = 0;
  FaceTableCounts counts_;
  std::optional<AppendFile> rows_;
  std::optional<LineFile> lines_;
};

// Recognizes the images that are not in the table yet, and adds them. before: called with each image just before it is
// added. done: called with the number of images that the table has, and of all. Logs how many were there before, and
// warns of images without a face, the first of them by name. Throws Interrupted, and what recognize_images() throws;
// what was added stays.
void fill_face_table(FaceTable& table, Recognizer& recognizer, const std::vector<NamedImage>& images,
                     const ImagesDone& done, const std::function<void(const RecognizedImage&)>& before = {});

}  // namespace massface
