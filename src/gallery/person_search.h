#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gallery/face_codes.h"

namespace massface {

// A person who was found, by the face that is most similar to the query.
struct FoundPerson {
  int64_t person = 0;  // as given to add()
  int64_t face = 0;    // the number of the face, in the order of add()
  float cosine = 0;
};

// Exact search for the most similar people among faces in memory. All faces are scanned in four bits; those whose
// bounds reach the k-th best person so far are looked at in eight, and those that reach the k-th best of all are
// computed in float32 again, so that the result is that of computing all of them. Nothing has to be kept in step with
// the rows.
class PersonSearch {
 public:
  explicit PersonSearch(int64_t dimensions) : codes_(dimensions) {}

  void reserve(int64_t faces);
  // row: float32 [D], of unit length. person: 0 or more.
  void add(const float* row, int64_t person);
  int64_t size() const { return codes_.size(); }
  int64_t dimensions() const { return codes_.dimensions(); }
  const float* row(int64_t face) const { return rows_.data() + face * dimensions(); }

  // What a search looked at, for measurements.
  struct Work {
    int64_t in_eight_bits = 0, in_float32 = 0;  // faces
  };

  // Returns the k most similar people, best first; equal ones by their number; fewer if there are fewer. query: [D], of
  // unit length. skip: a face that does not count, or -1. Runs on all threads. work: where to say what it took, or
  // null; it depends on the threads, and the result does not.
  std::vector<FoundPerson> search(const float* query, int64_t k, int64_t skip = -1, Work* work = nullptr) const;

 private:
  float exact(const float* query, int64_t face) const;

  FaceCodes codes_;
  HugePageVector<float> rows_;
  std::vector<int32_t> people_;
};

}  // namespace massface
