#pragma once

#include <vector>

#include "cleaning/fault_options.h"
#include "cleaning/faults.h"
#include "cleaning/labelled_embeddings.h"
#include "cleaning/person_centres.h"
#include "cleaning/similarity_search.h"

namespace massface {

// What the embeddings of a set say about its labels: the centres of its people, how similar each image is to its own
// person and to the nearest other one, and the thresholds that follow from the distributions of these
// (docs/cleaning.md, "The thresholds"). A pure function of the set and the options.
class JudgedSet {
 public:
  // set: must outlive this. Throws Error if the set has less than two people whose images agree with each other, and
  // Interrupted.
  JudgedSet(const LabelledEmbeddings& set, const FaultOptions& options);

  // All but test_person, which needs a test set.
  const CleaningThresholds& thresholds() const { return thresholds_; }

  // [N], of each image to its person; NaN: it cannot be judged.
  const std::vector<float>& similarity() const { return similarity_; }
  double own_similarity(int64_t row) const { return static_cast<double>(similarity_[static_cast<size_t>(row)]); }
  double own_threshold() const { return thresholds_.wrong_label.similarity; }
  // False for an image that cannot be judged.
  bool fits_person(int64_t row) const { return own_similarity(row) >= own_threshold(); }
  // What nearly all images of a person reach.
  double of_one_person() const { return of_one_person_; }

  // The people with a centre, and their centres: float32 [people().size(), D].
  const std::vector<int64_t>& people() const { return people_; }
  const Tensor& centres() const { return centres_of_people_; }
  bool has_centre(int64_t person) const { return centres_.has_centre(person); }
  const float* centre_of(int64_t person) const;  // [D]
  double between_centres(int64_t a, int64_t b) const;

  // The nearest other person of an image; its point is the person's number, or -1.
  MostSimilar nearest_of(int64_t row) const;
  bool fits_other(const MostSimilar& other) const {
    return other.point >= 0 && static_cast<double>(other.similarity) >= thresholds_.other_person_fits;
  }

  int64_t images_without_similarity() const { return images_without_similarity_; }
  int64_t people_without_centre() const { return people_without_centre_; }

 private:
  void find_centres();
  void find_nearest_people();
  WrongLabelThreshold threshold_for(const PersonCentres& centres) const;

  const LabelledEmbeddings& set_;
  const FaultOptions options_;
  CleaningThresholds thresholds_;
  std::vector<float> similarity_;
  PersonCentres centres_;
  double of_one_person_ = 1;
  std::vector<int64_t> people_;
  Tensor centres_of_people_;
  std::vector<MostSimilar> nearest_;  // [N], in people_
  int64_t images_without_similarity_ = 0, people_without_centre_ = 0;
};

}  // namespace massface
