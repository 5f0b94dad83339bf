#pragma once

#include <vector>

#include "cleaning/labelled_embeddings.h"

namespace massface {

// The centres of all people: means of some of their images, their members (docs/cleaning.md).
struct PersonCentres {
  Tensor centres;                // float32 [P, D] of unit length; zeros for a person without members
  std::vector<int64_t> members;  // [P], their number
  std::vector<bool> is_member;   // [N]
  // [N]: the cosine of each image to the mean of the other members; NaN if there are none.
  std::vector<float> similarity;

  bool has_centre(int64_t person) const { return members[static_cast<size_t>(person)] > 0; }
};

// Returns the images of each person that are nearest to one another: n / 2 + 1 of n, rounded down.
std::vector<bool> core_members(const LabelledEmbeddings& set);

// Returns the images whose similarity, as measured with the centres of cores, is at least `threshold`. A person with
// several images who would have less than two members has none; a single image is a member.
std::vector<bool> members_above(const LabelledEmbeddings& set, const PersonCentres& cores, double threshold);

PersonCentres centres_of_members(const LabelledEmbeddings& set, std::vector<bool> is_member);

// Returns, for one row each, the cosine to the centre of another person, drawn at random among those with a centre. At
// least two must have one. A function of the seed.
std::vector<float> stranger_similarities(const LabelledEmbeddings& set, const PersonCentres& centres, uint64_t seed);

// Returns, for each person with at least 4 members, the cosine between the centres of two halves of them: how similar
// one person under two names is.
std::vector<float> half_similarities(const LabelledEmbeddings& set, const PersonCentres& centres);

}  // namespace massface
