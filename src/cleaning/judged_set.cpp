#include "cleaning/judged_set.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "cleaning/vectors.h"
#include "core/error.h"

namespace massface {
namespace {

// The strangers that thresholds rest on are drawn with this seed, so that a set always gives the same findings.
constexpr uint64_t kStrangerSeed = 1;
constexpr double kLeastSimilarStrangers = 0.999, kLeastSimilarOfPerson = 0.05;

// Returns what nearly all of these similarities reach, which are similarities of one person.
double reached_by_most(std::vector<float> similarities) {
  std::ranges::sort(similarities);
  return similarities.empty() ? -1 : quantile(similarities, kLeastSimilarOfPerson);
}

void require_several_people(const PersonCentres& centres) {
  const auto with_centre = std::ranges::count_if(centres.members, [](int64_t members) { return members > 0; });
  require(with_centre >= 2,
          "the set has {} people whose images agree with each other; labels can only be judged beside those of other "
          "people, so at least two are needed",
          with_centre);
}

}  // namespace

JudgedSet::JudgedSet(const LabelledEmbeddings& set, const FaultOptions& options) : set_(set), options_(options) {
  find_centres();
  find_nearest_people();
}

const float* JudgedSet::centre_of(int64_t person) const {
  return centres_.centres.const_data_ptr<float>() + person * set_.dimensions();
}

double JudgedSet::between_centres(int64_t a, int64_t b) const {
  return cosine(centre_of(a), centre_of(b), set_.dimensions());
}

MostSimilar JudgedSet::nearest_of(int64_t row) const {
  const MostSimilar& nearest = nearest_[static_cast<size_t>(row)];
  return {nearest.point < 0 ? -1 : people_[static_cast<size_t>(nearest.point)], nearest.similarity};
}

WrongLabelThreshold JudgedSet::threshold_for(const PersonCentres& centres) const {
  std::vector<float> own;
  for (int64_t row = 0; row < set_.rows(); ++row) {
    const float similarity = centres.similarity[static_cast<size_t>(row)];
    if (set_.rows_of(set_.person_of(row)) >= 3 && !std::isnan(similarity)) own.push_back(similarity);
  }
  return wrong_label_threshold(std::move(own), stranger_similarities(set_, centres, kStrangerSeed),
                               options_.max_false_share);
}

void JudgedSet::find_centres() {
  const PersonCentres cores = centres_of_members(set_, core_members(set_));
  require_several_people(cores);
  const double first = threshold_for(cores).similarity;
  centres_ = centres_of_members(set_, members_above(set_, cores, first));
  require_several_people(centres_);
  thresholds_.wrong_label = threshold_for(centres_);
  similarity_ = centres_.similarity;
  for (int64_t row = 0; row < set_.rows(); ++row) {
    float& similarity = similarity_[static_cast<size_t>(row)];
    // Nothing agrees with a person without a centre; the core says by how much.
    if (std::isnan(similarity)) similarity = cores.similarity[static_cast<size_t>(row)];
    images_without_similarity_ += std::isnan(similarity);
  }
  for (int64_t person = 0; person < set_.people(); ++person) {
    if (has_centre(person)) {
      people_.push_back(person);
    } else {
      people_without_centre_ += set_.rows_of(person) > 0;
    }
  }
  centres_of_people_ = centres_.centres.index_select(0, at::tensor(people_, at::kLong));
}

void JudgedSet::find_nearest_people() {
  nearest_ = most_similar(set_.embeddings(), set_.person_of_row(), centres_of_people_, people_);
  std::vector<float> strangers_of_images, images;
  for (int64_t row = 0; row < set_.rows(); ++row) {
    if (!fits_person(row)) continue;
    images.push_back(similarity_[static_cast<size_t>(row)]);
    strangers_of_images.push_back(nearest_[static_cast<size_t>(row)].similarity);
  }
  thresholds_.stranger_of_image = fit_nearest_strangers(std::move(strangers_of_images));
  of_one_person_ = reached_by_most(images);
  thresholds_.other_person_fits =
      std::max(thresholds_.stranger_of_image.threshold(options_.false_relabels), of_one_person_);

  std::vector<float> strangers_of_people;
  for (const MostSimilar& other : most_similar(centres_of_people_, people_, centres_of_people_, people_)) {
    strangers_of_people.push_back(other.similarity);
  }
  thresholds_.stranger_of_person = fit_nearest_strangers(std::move(strangers_of_people));
  thresholds_.same_person = std::max(thresholds_.stranger_of_person.threshold(options_.false_merges),
                                     reached_by_most(half_similarities(set_, centres_)));

  const LabelledEmbeddings as_rows(centres_of_people_, people_, set_.people());
  auto strangers = stranger_similarities(as_rows, centres_, kStrangerSeed);
  std::ranges::sort(strangers);
  thresholds_.two_people = quantile(strangers, kLeastSimilarStrangers);
}

}  // namespace massface
