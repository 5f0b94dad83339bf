#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gallery/gallery_file.h"
#include "gallery/person_search.h"

namespace massface {

// The answer to: who is this?
struct Identification {
  std::string name;          // "" : unknown
  double cosine = 0;         // of the most similar person, known or not
  std::string nearest;       // that person
  std::string second;        // the next person; "" if there is none
  double second_cosine = 0;  // of that one
};

// The people of a gallery, in memory.
class KnownPeople {
 public:
  explicit KnownPeople(const GalleryFile& gallery);

  int64_t num_faces() const { return search_.size(); }
  int64_t dimensions() const { return search_.dimensions(); }
  int64_t num_people() const { return static_cast<int64_t>(names_.size()); }

  // embedding: [D], of unit length. Faces with a cosine of at most the threshold are unknown. nullopt: the gallery is
  // empty.
  std::optional<Identification> identify(const float* embedding, double threshold_cosine) const;

  // The most similar people, best first, each by the face that is most similar; at most `count`.
  struct Similar {
    std::string name;
    int64_t face_id = 0;  // of that face (GalleryFile::file_of)
    double cosine = 0;
  };
  std::vector<Similar> most_similar(const float* embedding, int64_t count) const;

  // Two people of whom one would be taken for the other: one person under two names, or two who look alike.
  struct Confusion {
    std::string first, second;                // in the order of the gallery
    int64_t faces = 0;                        // of either, that get the name of the other
    double cosine = 0;                        // of the most similar two
    int64_t first_face = 0, second_face = 0;  // these (GalleryFile::file_of)
  };
  // How often a face of a known person is not named as this person (FNIR) if it is searched for among the other faces,
  // and how often it gets a name if its person is left out (FPIR).
  struct LeftOneOut {
    int64_t searched = 0, not_named = 0;  // faces of people with at least two
    int64_t strangers = 0, named = 0;     // all faces, each without its person
    std::vector<Confusion> confusions;    // whose names the strangers got; the most similar first
  };
  LeftOneOut leave_one_out(double threshold_cosine) const;

 private:
  PersonSearch search_;
  std::vector<int64_t> person_of_face_;  // indices into names_
  std::vector<int64_t> ids_;             // of the faces, in the file
  std::vector<std::string> names_;
  std::vector<int64_t> faces_of_person_;
};

}  // namespace massface
