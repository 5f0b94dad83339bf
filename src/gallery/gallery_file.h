#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace massface {

// What all embeddings of a gallery have in common.
struct GalleryFacts {
  std::string weights;     // the name of the file, for messages
  std::string conditions;  // weights, flip, precision (recognition/recognizer.h); must be equal
  int64_t dimensions = 0;
};

// A face as it is added.
struct GalleryFace {
  std::string person;  // any bytes, like the file
  std::string file;    // where it came from
  std::string place;   // box and landmarks, as face_json() writes them
  double quality = 0;
  std::vector<float> embedding;  // [dimensions], of unit length
};

struct StoredFace {
  int64_t id = 0;
  int64_t person_id = 0;
  GalleryFace face;
};

struct StoredPerson {
  int64_t id = 0;
  std::string name;
  int64_t faces = 0;
};

// A gallery of known people: one SQLite file (docs/formats/gallery.md). Several programs may read it while one writes;
// a second writer waits for a few seconds, and then gives up with an Error. What a function has written when it returns
// is on the disk, whole, whatever happens afterwards. All functions throw Error for a file that is damaged, and Failure
// for a full disk.
class GalleryFile {
 public:
  // kAlone: while nobody else has the file open, which is waited for, and nobody else gets to open it.
  enum class Mode { kRead, kWrite, kAlone };

  // Throws Error if the file exists.
  static void create(const std::filesystem::path& path, const GalleryFacts& facts);

  // Throws Error if the file is no gallery, or was written by a later version.
  GalleryFile(const std::filesystem::path& path, Mode mode);
  ~GalleryFile();

  const GalleryFacts& facts() const { return facts_; }
  // Throws Error, which names both, if the embeddings of `facts` are not comparable with those of the gallery.
  void require_same(const GalleryFacts& facts) const;

  // Adds all of them or none. Returns which are new: a person's face with the same embedding is there already.
  std::vector<bool> add(const std::vector<GalleryFace>& faces);

  std::vector<StoredPerson> people() const;  // by name
  int64_t num_faces() const;

  // Calls use() for all faces, by their number: those of one state, whatever is written meanwhile.
  void for_each_face(const std::function<void(const StoredFace&)>& use) const;
  // While the result exists, everything that is read is of one state of the gallery.
  std::shared_ptr<void> read_one_state() const;
  // The file that a face came from; "" if there is no such face any more.
  std::string file_of(int64_t face_id) const;

  // Removes a person with all faces; Mode::kAlone. Their pages are overwritten, the write-ahead log is emptied, and the
  // files are then searched for the bytes of each embedding that no other person has. Returns the number of faces.
  // Throws Error, and removes nothing, if there is no such person or if the gallery is damaged; Failure if any of these
  // bytes is still found.
  int64_t remove(const std::string& person);

  // Writes into the file itself what SQLite keeps in its log, so that the file alone is the gallery. Throws Failure if
  // that is not possible.
  void empty_log();

  // Returns what is wrong with the file, by SQLite's own checks, by the fingerprints of the embeddings and by what is
  // said of each face; "" if nothing is.
  std::string fault() const;
  // Throws Error if there is one.
  void require_undamaged() const;

 private:
  void read_facts();
  bool has_embedding(const std::vector<float>& embedding) const;
  void require_no_trace(const std::vector<std::vector<float>>& embeddings) const;

  std::filesystem::path path_;
  Mode mode_;
  std::unique_ptr<SQLite::Database> database_;
  GalleryFacts facts_;
};

}  // namespace massface
