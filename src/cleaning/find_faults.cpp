#include "cleaning/find_faults.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "cleaning/person_groups.h"
#include "cleaning/sets_of_equals.h"
#include "cleaning/vectors.h"
#include "core/error.h"

namespace massface {
namespace {

// The strangers that thresholds rest on are drawn with this seed, so that a set always gives the same findings.
constexpr uint64_t kStrangerSeed = 1;
// A duplicate has few copies, and copies of copies are found through one another.
constexpr int64_t kMostPairsOfImage = 8, kMostPairsOfPerson = 64;
constexpr double kLeastSimilarStrangers = 0.999, kLeastSimilarOfPerson = 0.05;

// How similar a person is to another one, and from what on they are the same.
struct PersonMatch {
  double similarity = -1, threshold = 1;
};

class FaultFinder {
 public:
  FaultFinder(const LabelledEmbeddings& set, const FaultOptions& options, const SamePicture& same_picture,
              const TestPeople* test)
      : set_(set),
        options_(options),
        same_picture_(same_picture),
        test_(test),
        same_people_(set.people()),
        is_changed_(static_cast<size_t>(set.rows())),
        is_dropped_(static_cast<size_t>(set.people())) {}

  LabelFaults find() {
    find_centres();
    find_nearest_people();
    find_same_people();
    find_test_people();
    suggest_merges();
    find_duplicates();
    for (int64_t person = 0; person < set_.people(); ++person) find_misfits(person);
    sort_faults();
    return std::move(result_);
  }

 private:
  CleaningThresholds& thresholds() { return result_.thresholds; }
  double own_threshold() const { return result_.thresholds.wrong_label.similarity; }
  double own_similarity(int64_t row) const { return static_cast<double>(result_.similarity[static_cast<size_t>(row)]); }
  // False for an image that cannot be judged.
  bool fits_person(int64_t row) const { return own_similarity(row) >= own_threshold(); }
  const float* centre_of(int64_t person) const {
    return centres_.centres.const_data_ptr<float>() + person * set_.dimensions();
  }
  double between_centres(int64_t a, int64_t b) const { return cosine(centre_of(a), centre_of(b), set_.dimensions()); }
  bool are_same_person(int64_t a, int64_t b) {
    return same_people_.representative(a) == same_people_.representative(b);
  }

  WrongLabelThreshold threshold_for(const PersonCentres& centres) const {
    std::vector<float> own;
    for (int64_t row = 0; row < set_.rows(); ++row) {
      const float similarity = centres.similarity[static_cast<size_t>(row)];
      if (set_.rows_of(set_.person_of(row)) >= 3 && !std::isnan(similarity)) own.push_back(similarity);
    }
    return wrong_label_threshold(std::move(own), stranger_similarities(set_, centres, kStrangerSeed),
                                 options_.max_false_share);
  }

  void find_centres() {
    const PersonCentres cores = centres_of_members(set_, core_members(set_));
    require_several_people(cores);
    const double first = threshold_for(cores).similarity;
    centres_ = centres_of_members(set_, members_above(set_, cores, first));
    require_several_people(centres_);
    thresholds().wrong_label = threshold_for(centres_);
    result_.similarity = centres_.similarity;
    for (int64_t row = 0; row < set_.rows(); ++row) {
      float& similarity = result_.similarity[static_cast<size_t>(row)];
      // Nothing agrees with a person without a centre; the core says by how much.
      if (std::isnan(similarity)) similarity = cores.similarity[static_cast<size_t>(row)];
      result_.images_without_similarity += std::isnan(similarity);
    }
    for (int64_t person = 0; person < set_.people(); ++person) {
      if (centres_.has_centre(person)) {
        people_.push_back(person);
      } else {
        result_.people_without_centre += set_.rows_of(person) > 0;
      }
    }
    person_centres_ = centres_.centres.index_select(0, at::tensor(people_, at::kLong));
  }

  void require_several_people(const PersonCentres& centres) const {
    const auto with_centre = std::ranges::count_if(centres.members, [](int64_t members) { return members > 0; });
    require(with_centre >= 2,
            "the set has {} people whose images agree with each other; labels can only be judged beside those of other "
            "people, so at least two are needed",
            with_centre);
  }

  void find_nearest_people() {
    nearest_ = most_similar(set_.embeddings(), set_.person_of_row(), person_centres_, people_);
    std::vector<float> strangers_of_images, images;
    for (int64_t row = 0; row < set_.rows(); ++row) {
      if (!fits_person(row)) continue;
      images.push_back(result_.similarity[static_cast<size_t>(row)]);
      strangers_of_images.push_back(nearest_[static_cast<size_t>(row)].similarity);
    }
    thresholds().stranger_of_image = fit_nearest_strangers(std::move(strangers_of_images));
    of_one_person_ = reached_by_most(images);
    thresholds().other_person_fits =
        std::max(thresholds().stranger_of_image.threshold(options_.false_relabels), of_one_person_);

    std::vector<float> strangers_of_people;
    for (const MostSimilar& other : most_similar(person_centres_, people_, person_centres_, people_)) {
      strangers_of_people.push_back(other.similarity);
    }
    thresholds().stranger_of_person = fit_nearest_strangers(std::move(strangers_of_people));
    thresholds().same_person = std::max(thresholds().stranger_of_person.threshold(options_.false_merges),
                                        reached_by_most(half_similarities(set_, centres_)));

    const LabelledEmbeddings as_rows(person_centres_, people_, set_.people());
    auto strangers = stranger_similarities(as_rows, centres_, kStrangerSeed);
    std::ranges::sort(strangers);
    thresholds().two_people = quantile(strangers, kLeastSimilarStrangers);
  }

  // Returns what nearly all of these similarities reach, which are similarities of one person.
  static double reached_by_most(std::vector<float> similarities) {
    std::ranges::sort(similarities);
    return similarities.empty() ? -1 : quantile(similarities, kLeastSimilarOfPerson);
  }

  void find_same_people() {
    for (const SimilarPair& pair : similar_pairs(person_centres_, thresholds().same_person, kMostPairsOfPerson)) {
      join(people_[static_cast<size_t>(pair.first)], people_[static_cast<size_t>(pair.second)],
           static_cast<double>(pair.similarity), thresholds().same_person);
    }
    // The centre of a person with one image is that image, and is compared as one.
    const double of_one_image =
        std::max(thresholds().stranger_of_image.threshold(options_.false_merges), of_one_person_);
    for (const int64_t person : people_) {
      if (set_.rows_of(person) != 1) continue;
      const MostSimilar other = nearest_of(set_.first_row(person));
      if (other.point < 0 || static_cast<double>(other.similarity) < of_one_image) continue;
      join(person, other.point, static_cast<double>(other.similarity), of_one_image);
    }
  }

  void join(int64_t a, int64_t b, double similarity, double threshold) {
    same_people_.join(a, b);
    for (const int64_t person : {a, b}) {
      PersonMatch& best = best_match_[person];
      if (similarity > best.similarity) best = {similarity, threshold};
    }
  }

  void find_test_people() {
    if (test_ == nullptr || test_->names.empty()) return;
    const double factor = static_cast<double>(test_->names.size()) / static_cast<double>(people_.size());
    thresholds().test_person =
        thresholds().stranger_of_person.of_more_strangers(factor).threshold(options_.false_test_people);
    const std::vector<int64_t> no_labels(test_->names.size(), -1);
    const auto matches = most_similar(person_centres_, people_, test_->centres, no_labels);
    for (size_t i = 0; i < matches.size(); ++i) {
      if (static_cast<double>(matches[i].similarity) < thresholds().test_person) continue;
      is_dropped_[static_cast<size_t>(people_[i])] = true;
      result_.faults.push_back({.kind = FaultKind::kTestPerson,
                                .action = ActionKind::kDrop,
                                .person = people_[i],
                                .score = matches[i].similarity,
                                .threshold = thresholds().test_person,
                                .other_person = matches[i].point,
                                .other_score = matches[i].similarity});
    }
  }

  // The person of most images takes the others in. All are dropped if one of them is in the test set.
  void suggest_merges() {
    std::map<int64_t, std::vector<int64_t>> groups;
    for (const auto& [person, best] : best_match_) groups[same_people_.representative(person)].push_back(person);
    for (const auto& [representative, group] : groups) {
      const int64_t largest = *std::ranges::max_element(
          group, {}, [&](int64_t person) { return std::pair(set_.rows_of(person), -person); });
      const bool any_dropped = std::ranges::any_of(group, [&](int64_t person) { return is_dropped(person); });
      for (const int64_t person : group) {
        if (person == largest) continue;
        result_.faults.push_back({.kind = FaultKind::kSamePerson,
                                  .action = any_dropped ? ActionKind::kDrop : ActionKind::kMerge,
                                  .person = person,
                                  .score = best_match_.at(person).similarity,
                                  .threshold = best_match_.at(person).threshold,
                                  .other_person = largest,
                                  .other_score = between_centres(person, largest)});
      }
      if (any_dropped) drop_all(group, largest);
    }
  }

  void drop_all(const std::vector<int64_t>& group, int64_t largest) {
    if (!is_dropped(largest)) {
      result_.faults.push_back({.kind = FaultKind::kSamePerson,
                                .action = ActionKind::kDrop,
                                .person = largest,
                                .score = best_match_.at(largest).similarity,
                                .threshold = best_match_.at(largest).threshold});
    }
    for (const int64_t person : group) is_dropped_[static_cast<size_t>(person)] = true;
  }

  bool is_dropped(int64_t person) const { return is_dropped_[static_cast<size_t>(person)]; }

  void find_duplicates() {
    const auto pairs = similar_pairs(set_.embeddings(), options_.duplicate_similarity, kMostPairsOfImage);
    const std::vector<bool> same = same_picture_(pairs);
    SetsOfEquals pictures(set_.rows());
    std::map<int64_t, std::vector<int64_t>> groups;
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (same[i]) pictures.join(pairs[i].first, pairs[i].second);
    }
    for (int64_t row = 0; row < set_.rows(); ++row) {
      if (pictures.representative(row) != row) groups[pictures.representative(row)].push_back(row);
    }
    for (auto& [first, rows] : groups) {
      rows.insert(rows.begin(), first);
      add_copies(rows);
    }
  }

  // rows: of one picture, ascending, and so are their people.
  void add_copies(const std::vector<int64_t>& rows) {
    std::map<int64_t, int64_t> kept_row;  // of each person
    const auto fitting = std::ranges::find_if(rows, [&](int64_t row) { return fits_person(row); });
    const int64_t original = fitting == rows.end() ? rows.front() : *fitting;
    kept_row[set_.person_of(original)] = original;
    for (const int64_t row : rows) {
      if (row == original) continue;
      const auto [kept, is_first] = kept_row.try_emplace(set_.person_of(row), row);
      if (!is_first) {
        add_copy(row, kept->second, FaultKind::kDuplicate, true);
      } else {
        // One of the two labels is wrong. It is known which if only one image fits its person.
        const bool is_wrong = own_similarity(row) < own_threshold() && fits_person(original);
        const bool is_merged = are_same_person(set_.person_of(row), set_.person_of(original));
        add_copy(row, original, FaultKind::kDuplicateAcrossPeople, is_wrong || is_merged);
      }
    }
  }

  void add_copy(int64_t row, int64_t original, FaultKind kind, bool drop) {
    result_.faults.push_back({.kind = kind,
                              .action = drop ? change(row, ActionKind::kDrop) : ActionKind::kKeep,
                              .person = set_.person_of(row),
                              .row = row,
                              .score = cosine(set_.row(row), set_.row(original), set_.dimensions()),
                              .threshold = options_.duplicate_similarity,
                              .other_person = set_.person_of(original),
                              .other_row = original});
  }

  // Returns the action, or kKeep if another one is suggested for the image already.
  ActionKind change(int64_t row, ActionKind action) {
    if (is_changed_[static_cast<size_t>(row)]) return ActionKind::kKeep;
    is_changed_[static_cast<size_t>(row)] = true;
    return action;
  }

  // Finds the images of a person that do not fit it: together those of another person, one by one the rest.
  void find_misfits(int64_t person) {
    std::vector<int64_t> misfits;
    for (int64_t row = set_.first_row(person); row < set_.first_row(person + 1); ++row) {
      if (own_similarity(row) < own_threshold()) misfits.push_back(row);
    }
    if (!centres_.has_centre(person)) return judge_person_without_centre(person, misfits);
    int64_t number = 2;
    for (const PersonGroup& group :
         find_groups(set_, misfits, {of_one_person_, own_threshold()}, options_.smallest_group)) {
      number += add_group(person, group, number);
      std::erase_if(misfits, [&](int64_t row) { return std::ranges::binary_search(group.rows, row); });
    }
    for (const int64_t row : misfits) add_wrong_label(row, nearest_of(row), other_fits(nearest_of(row)));
  }

  void judge_person_without_centre(int64_t person, const std::vector<int64_t>& misfits) {
    double best = -1;
    bool any_fits = false;
    for (const int64_t row : misfits) {
      best = std::max(best, own_similarity(row));
      const MostSimilar other = nearest_of(row);
      if (!other_fits(other)) continue;
      any_fits = true;
      add_wrong_label(row, other, true);
    }
    if (misfits.empty() || any_fits) return;
    result_.faults.push_back(
        {.kind = FaultKind::kNoAgreement, .person = person, .score = best, .threshold = own_threshold()});
  }

  MostSimilar nearest_of(int64_t row) const {
    const MostSimilar& nearest = nearest_[static_cast<size_t>(row)];
    return {nearest.point < 0 ? -1 : people_[static_cast<size_t>(nearest.point)], nearest.similarity};
  }
  bool other_fits(const MostSimilar& other) const {
    return other.point >= 0 && static_cast<double>(other.similarity) >= result_.thresholds.other_person_fits;
  }

  void add_wrong_label(int64_t row, const MostSimilar& other, bool fits) {
    ActionKind action = fits ? ActionKind::kRelabel : ActionKind::kDrop;
    if (fits && is_dropped(other.point)) action = ActionKind::kDrop;
    if (fits && are_same_person(other.point, set_.person_of(row))) action = ActionKind::kKeep;
    result_.faults.push_back({.kind = FaultKind::kWrongLabel,
                              .action = action == ActionKind::kKeep ? action : change(row, action),
                              .person = set_.person_of(row),
                              .row = row,
                              .score = own_similarity(row),
                              .threshold = own_threshold(),
                              .other_person = other.point,
                              .other_score = other.similarity});
  }

  // Returns 1 if the group is a new person, which takes this number.
  int64_t add_group(int64_t person, const PersonGroup& group, int64_t number) {
    const Tensor centre = at::tensor(group.centre).unsqueeze(0);
    MostSimilar other = most_similar(centre, {person}, person_centres_, people_).front();
    if (other.point >= 0) other.point = people_[static_cast<size_t>(other.point)];
    if (static_cast<double>(other.similarity) >= thresholds().same_person) {
      for (const int64_t row : group.rows) add_wrong_label(row, other, true);
      return 0;
    }
    const double to_person = cosine(group.centre.data(), centre_of(person), set_.dimensions());
    const bool is_another = to_person < thresholds().two_people;
    for (const int64_t row : group.rows) {
      result_.faults.push_back({.kind = FaultKind::kTwoPeople,
                                .action = is_another ? change(row, ActionKind::kSplit) : ActionKind::kKeep,
                                .person = person,
                                .row = row,
                                .score = to_person,
                                .threshold = thresholds().two_people,
                                .other_person = other.point,
                                .other_score = other.similarity,
                                .group = number});
    }
    return is_another ? 1 : 0;
  }

  void sort_faults() {
    const auto clearness = [](const LabelFault& fault) {
      const bool low_is_clear = fault.kind == FaultKind::kWrongLabel || fault.kind == FaultKind::kTwoPeople ||
                                fault.kind == FaultKind::kNoAgreement;
      return low_is_clear ? fault.score : -fault.score;
    };
    std::ranges::stable_sort(result_.faults, {}, [&](const LabelFault& fault) {
      return std::tuple(fault.kind, clearness(fault), fault.person, fault.group, fault.row);
    });
  }

  const LabelledEmbeddings& set_;
  const FaultOptions& options_;
  const SamePicture& same_picture_;
  const TestPeople* const test_;

  LabelFaults result_;
  PersonCentres centres_;
  double of_one_person_ = 1;                   // what nearly all images of a person have
  std::vector<int64_t> people_;                // those with a centre
  Tensor person_centres_;                      // [people_.size(), D]
  std::vector<MostSimilar> nearest_;           // [N], in people_
  std::map<int64_t, PersonMatch> best_match_;  // with one of those who are the same person
  SetsOfEquals same_people_;
  std::vector<bool> is_changed_;  // [N], images with a suggestion
  std::vector<bool> is_dropped_;  // [P]
};

}  // namespace

void FaultOptions::describe(OptionTable& table) {
  table.add("max_false_share", max_false_share, {.min = 0, .max = 0.9},
            "Estimated share of right labels among the images below the threshold for wrong labels.");
  table.add("false_relabels", false_relabels, {.min = 1e-9, .max = 0.1},
            "Probability that the nearest stranger of an image is called its person.");
  table.add("false_merges", false_merges, {.min = 1e-9, .max = 0.1},
            "Probability that the nearest stranger of a person is called the same person.");
  table.add("false_test_people", false_test_people, {.min = 1e-9, .max = 0.1},
            "Probability that a person whom the test set lacks is called one of it.");
  table.add("duplicate_similarity", duplicate_similarity, {.min = 0, .max = 1},
            "Cosine from which two images are compared pixel by pixel to see whether they are the same picture.");
  table.add("smallest_group", smallest_group, {.min = 2, .max = 1000},
            "Number of images that make a second person under one name; fewer are judged one by one.");
}

LabelFaults find_faults(const LabelledEmbeddings& set, const FaultOptions& options, const SamePicture& same_picture,
                        const TestPeople* test) {
  return FaultFinder(set, options, same_picture, test).find();
}

}  // namespace massface
