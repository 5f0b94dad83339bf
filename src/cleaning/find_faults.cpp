#include "cleaning/find_faults.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "cleaning/judged_set.h"
#include "cleaning/person_groups.h"
#include "cleaning/sets_of_equals.h"
#include "cleaning/vectors.h"

namespace massface {
namespace {

// A duplicate has few copies, and copies of copies are found through one another.
constexpr int64_t kMostPairsOfImage = 8, kMostPairsOfPerson = 64;

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
        judged_(set, options),
        same_picture_(same_picture),
        test_(test),
        same_people_(set.people()),
        is_changed_(static_cast<size_t>(set.rows())),
        is_dropped_(static_cast<size_t>(set.people())) {}

  LabelFaults find() {
    result_.thresholds = judged_.thresholds();
    result_.similarity = judged_.similarity();
    result_.images_without_similarity = judged_.images_without_similarity();
    result_.people_without_centre = judged_.people_without_centre();
    find_same_people();
    find_test_people();
    suggest_merges();
    find_duplicates();
    for (int64_t person = 0; person < set_.people(); ++person) find_misfits(person);
    sort_faults();
    return std::move(result_);
  }

 private:
  bool are_same_person(int64_t a, int64_t b) {
    return same_people_.representative(a) == same_people_.representative(b);
  }

  void find_same_people() {
    for (const SimilarPair& pair :
         similar_pairs(judged_.centres(), judged_.thresholds().same_person, kMostPairsOfPerson)) {
      join(judged_.people()[static_cast<size_t>(pair.first)], judged_.people()[static_cast<size_t>(pair.second)],
           static_cast<double>(pair.similarity), judged_.thresholds().same_person);
    }
    // The centre of a person with one image is that image, and is compared as one.
    const double of_one_image =
        std::max(judged_.thresholds().stranger_of_image.threshold(options_.false_merges), judged_.of_one_person());
    for (const int64_t person : judged_.people()) {
      if (set_.rows_of(person) != 1) continue;
      const MostSimilar other = judged_.nearest_of(set_.first_row(person));
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
    const double factor = static_cast<double>(test_->names.size()) / static_cast<double>(judged_.people().size());
    result_.thresholds.test_person =
        judged_.thresholds().stranger_of_person.of_more_strangers(factor).threshold(options_.false_test_people);
    const std::vector<int64_t> no_labels(test_->names.size(), -1);
    const auto matches = most_similar(judged_.centres(), judged_.people(), test_->centres, no_labels);
    for (size_t i = 0; i < matches.size(); ++i) {
      if (static_cast<double>(matches[i].similarity) < result_.thresholds.test_person) continue;
      is_dropped_[static_cast<size_t>(judged_.people()[i])] = true;
      result_.faults.push_back({.kind = FaultKind::kTestPerson,
                                .action = ActionKind::kDrop,
                                .person = judged_.people()[i],
                                .score = matches[i].similarity,
                                .threshold = result_.thresholds.test_person,
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
                                  .other_score = judged_.between_centres(person, largest)});
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
    const auto fitting = std::ranges::find_if(rows, [&](int64_t row) { return judged_.fits_person(row); });
    const int64_t original = fitting == rows.end() ? rows.front() : *fitting;
    kept_row[set_.person_of(original)] = original;
    for (const int64_t row : rows) {
      if (row == original) continue;
      const auto [kept, is_first] = kept_row.try_emplace(set_.person_of(row), row);
      if (!is_first) {
        add_copy(row, kept->second, FaultKind::kDuplicate, true);
      } else {
        // One of the two labels is wrong. It is known which if only one image fits its person.
        const bool is_wrong = judged_.own_similarity(row) < judged_.own_threshold() && judged_.fits_person(original);
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
      if (judged_.own_similarity(row) < judged_.own_threshold()) misfits.push_back(row);
    }
    if (!judged_.has_centre(person)) return judge_person_without_centre(person, misfits);
    int64_t number = 2;
    for (const PersonGroup& group :
         find_groups(set_, misfits, {judged_.of_one_person(), judged_.own_threshold()}, options_.smallest_group)) {
      number += add_group(person, group, number);
      std::erase_if(misfits, [&](int64_t row) { return std::ranges::binary_search(group.rows, row); });
    }
    for (const int64_t row : misfits)
      add_wrong_label(row, judged_.nearest_of(row), judged_.fits_other(judged_.nearest_of(row)));
  }

  void judge_person_without_centre(int64_t person, const std::vector<int64_t>& misfits) {
    double best = -1;
    bool any_fits = false;
    for (const int64_t row : misfits) {
      best = std::max(best, judged_.own_similarity(row));
      const MostSimilar other = judged_.nearest_of(row);
      if (!judged_.fits_other(other)) continue;
      any_fits = true;
      add_wrong_label(row, other, true);
    }
    if (misfits.empty() || any_fits) return;
    result_.faults.push_back(
        {.kind = FaultKind::kNoAgreement, .person = person, .score = best, .threshold = judged_.own_threshold()});
  }

  void add_wrong_label(int64_t row, const MostSimilar& other, bool fits) {
    ActionKind action = fits ? ActionKind::kRelabel : ActionKind::kDrop;
    if (fits && is_dropped(other.point)) action = ActionKind::kDrop;
    if (fits && are_same_person(other.point, set_.person_of(row))) action = ActionKind::kKeep;
    result_.faults.push_back({.kind = FaultKind::kWrongLabel,
                              .action = action == ActionKind::kKeep ? action : change(row, action),
                              .person = set_.person_of(row),
                              .row = row,
                              .score = judged_.own_similarity(row),
                              .threshold = judged_.own_threshold(),
                              .other_person = other.point,
                              .other_score = other.similarity});
  }

  // Returns 1 if the group is a new person, which takes this number.
  int64_t add_group(int64_t person, const PersonGroup& group, int64_t number) {
    const Tensor centre = at::tensor(group.centre).unsqueeze(0);
    MostSimilar other = most_similar(centre, {person}, judged_.centres(), judged_.people()).front();
    if (other.point >= 0) other.point = judged_.people()[static_cast<size_t>(other.point)];
    if (static_cast<double>(other.similarity) >= judged_.thresholds().same_person) {
      for (const int64_t row : group.rows) add_wrong_label(row, other, true);
      return 0;
    }
    const double to_person = cosine(group.centre.data(), judged_.centre_of(person), set_.dimensions());
    const bool is_another = to_person < judged_.thresholds().two_people;
    for (const int64_t row : group.rows) {
      result_.faults.push_back({.kind = FaultKind::kTwoPeople,
                                .action = is_another ? change(row, ActionKind::kSplit) : ActionKind::kKeep,
                                .person = person,
                                .row = row,
                                .score = to_person,
                                .threshold = judged_.thresholds().two_people,
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
  const JudgedSet judged_;
  const SamePicture& same_picture_;
  const TestPeople* const test_;

  LabelFaults result_;
  std::map<int64_t, PersonMatch> best_match_;  // with one of those who are the same person
  SetsOfEquals same_people_;
  std::vector<bool> is_changed_;  // [N], images with a suggestion
  std::vector<bool> is_dropped_;  // [P]
};

}  // namespace

LabelFaults find_faults(const LabelledEmbeddings& set, const FaultOptions& options, const SamePicture& same_picture,
                        const TestPeople* test) {
  return FaultFinder(set, options, same_picture, test).find();
}

}  // namespace massface
