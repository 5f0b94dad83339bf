#include "cleaning/find_faults.h"

#include <gtest/gtest.h>

#include "cleaning/testing_people.h"
#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

std::vector<bool> no_copies(const std::vector<SimilarPair>& pairs) { return std::vector<bool>(pairs.size()); }
std::vector<bool> all_copies(const std::vector<SimilarPair>& pairs) { return std::vector<bool>(pairs.size(), true); }

DrawnPeople drawn_set(int64_t people = 200, int64_t images = 12) {
  DrawnPeople drawn;
  for (int64_t i = 0; i < people; ++i) drawn.add_person(images);
  return drawn;
}

struct Score {
  double precision, recall;
};

// Compares the rows that the findings of these kinds want to change with those that are wrong.
template <class IsWrong>
Score score_of(const LabelFaults& faults, std::vector<DrawnPeople::Drawn>& images, const std::vector<FaultKind>& kinds,
               const IsWrong& is_wrong) {
  std::set<int64_t> found;
  for (const LabelFault& fault : faults.faults) {
    if (fault.row >= 0 && fault.action != ActionKind::kKeep && std::ranges::find(kinds, fault.kind) != kinds.end()) {
      found.insert(fault.row);
    }
  }
  int64_t wrong = 0, hits = 0;
  for (size_t row = 0; row < images.size(); ++row) {
    wrong += is_wrong(images[row]);
    hits += is_wrong(images[row]) && found.contains(static_cast<int64_t>(row));
  }
  return {found.empty() ? 1 : static_cast<double>(hits) / static_cast<double>(found.size()),
          static_cast<double>(hits) / static_cast<double>(wrong)};
}

bool is_flipped(const DrawnPeople::Drawn& image) { return image.label != image.truth; }

TEST(FindFaults, FindsFlippedLabelsAndWhoIsMeant) {
  for (const double fraction : {0.05, 0.1, 0.2}) {
    DrawnPeople drawn = drawn_set();
    drawn.flip(fraction);
    const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
    const Score score = score_of(faults, drawn.images(), {FaultKind::kWrongLabel}, is_flipped);
    EXPECT_GE(score.precision, 0.95) << fraction;
    EXPECT_GE(score.recall, 0.95) << fraction;
    EXPECT_NEAR(faults.thresholds.wrong_label.wrong_fraction, fraction, 0.02);
    int64_t relabelled = 0, right = 0;
    for (const LabelFault& fault : faults.faults) {
      EXPECT_EQ(fault.kind, FaultKind::kWrongLabel) << "merged, split or duplicate images that nobody made";
      if (fault.action != ActionKind::kRelabel) continue;
      ++relabelled;
      right += fault.other_person == drawn.images()[static_cast<size_t>(fault.row)].truth;
    }
    EXPECT_GE(right, relabelled * 0.99);
    EXPECT_GE(right, fraction * 2400 * 0.9);
  }
}

TEST(FindFaults, FindsNothingInACleanSet) {
  DrawnPeople drawn = drawn_set();
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
  EXPECT_LE(faults.faults.size(), 2u);
  EXPECT_EQ(faults.images_without_similarity, 0);
}

TEST(FindFaults, DropsWhatShowsNobodyOfTheSet) {
  DrawnPeople drawn = drawn_set();
  for (int64_t person = 0; person < 120; ++person) drawn.add_image(person, drawn.direction());
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
  const Score score = score_of(faults, drawn.images(), {FaultKind::kWrongLabel}, is_flipped);
  EXPECT_GE(score.precision, 0.95);
  EXPECT_GE(score.recall, 0.95);
  for (const LabelFault& fault : faults.faults) EXPECT_EQ(fault.action, ActionKind::kDrop);
}

TEST(FindFaults, SplitsTwoPeopleWhoHaveOneName) {
  DrawnPeople drawn = drawn_set();
  for (int64_t person = 0; person < 20; ++person) {
    const int64_t second = drawn.add_person(7);
    drawn.relabel(second, person);
  }
  drawn.flip(0.05);
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
  const auto is_second = [](const auto& image) { return image.label < 20 && image.truth >= 200; };
  const Score score = score_of(faults, drawn.images(), {FaultKind::kTwoPeople}, is_second);
  EXPECT_GE(score.precision, 0.95);
  EXPECT_GE(score.recall, 0.95);
  for (const LabelFault& fault : faults.faults) {
    EXPECT_EQ(fault.group, fault.kind == FaultKind::kTwoPeople ? 2 : 0);
  }
}

TEST(FindFaults, MergesOnePersonWhoHasTwoNames) {
  DrawnPeople drawn = drawn_set();
  for (int64_t person = 0; person < 20; ++person) {
    drawn.split(person, drawn.add_label());
  }
  drawn.flip(0.05);
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
  int64_t merged = 0;
  for (const LabelFault& fault : faults.faults) {
    if (fault.kind != FaultKind::kSamePerson) continue;
    EXPECT_EQ(fault.action, ActionKind::kMerge);
    EXPECT_EQ(std::max(fault.person, fault.other_person), 200 + std::min(fault.person, fault.other_person));
    ++merged;
  }
  EXPECT_EQ(merged, 20);
}

TEST(FindFaults, KeepsOneOfEachPictureAndReportsLabelsThatContradictEachOther) {
  DrawnPeople drawn = drawn_set(100, 8);
  auto& images = drawn.images();
  const auto copy_of = [&](size_t row) { return images[row].embedding; };
  const auto twice = copy_of(0), elsewhere = copy_of(8 * 5);
  drawn.add_image(0, twice);
  drawn.add_image(0, twice);
  drawn.add_image(50, elsewhere);  // of person 5
  const LabelledEmbeddings set = drawn.set();
  const LabelFaults faults = find_faults(set, {}, all_copies);
  std::vector<LabelFault> copies, across;
  for (const LabelFault& fault : faults.faults) {
    if (fault.kind == FaultKind::kDuplicate) copies.push_back(fault);
    if (fault.kind == FaultKind::kDuplicateAcrossPeople) across.push_back(fault);
  }
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies[0].person, 0);
  EXPECT_EQ(copies[0].other_row, 0);
  EXPECT_EQ(copies[0].action, ActionKind::kDrop);
  EXPECT_NE(copies[0].row, copies[1].row);
  ASSERT_EQ(across.size(), 1u);
  EXPECT_EQ(across[0].person, 50);
  EXPECT_EQ(across[0].other_person, 5);
  EXPECT_EQ(across[0].action, ActionKind::kDrop) << "it fits person 5, not person 50";
  // The wrong label is reported as well, but suggests nothing more.
  for (const LabelFault& fault : faults.faults) {
    EXPECT_EQ(fault.action == ActionKind::kKeep, fault.kind == FaultKind::kWrongLabel);
  }
}

TEST(FindFaults, SaysWhoIsInTheTestSet) {
  DrawnPeople drawn = drawn_set();
  DrawnPeople others(2);
  TestPeople test;
  std::vector<float> rows;
  for (int64_t i = 0; i < 300; ++i) {
    const auto image = i < 10 ? drawn.image_of(7 * i) : others.direction();
    rows.insert(rows.end(), image.begin(), image.end());
    test.names.push_back("test " + std::to_string(i));
  }
  test.centres = at::tensor(rows).reshape({300, -1});
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies, &test);
  ASSERT_EQ(faults.faults.size(), 10u);
  for (const LabelFault& fault : faults.faults) {
    EXPECT_EQ(fault.kind, FaultKind::kTestPerson);
    EXPECT_EQ(fault.action, ActionKind::kDrop);
    EXPECT_EQ(fault.person, 7 * fault.other_person);
  }
  TestPeople strangers{.names = {}, .centres = {}};
  EXPECT_TRUE(find_faults(drawn.set(), {}, no_copies, &strangers).faults.empty());
}

TEST(FindFaults, JudgesPeopleOfFewImagesByOthersOnly) {
  DrawnPeople drawn = drawn_set();
  const int64_t one = drawn.add_person(1);  // cannot be judged
  const int64_t two = drawn.add_person(2);  // agree
  const int64_t odd = drawn.add_person(1);  // and one of person 3
  drawn.add_image_of(odd, 3);
  const int64_t apart = drawn.add_person(1);  // and one of nobody: which is right, nobody knows
  drawn.add_image(apart, drawn.direction());
  const int64_t copy = drawn.add_label();  // person 9 under another name
  drawn.add_image_of(copy, 9);
  const LabelFaults faults = find_faults(drawn.set(), {}, no_copies);
  EXPECT_EQ(faults.images_without_similarity, 2);
  EXPECT_EQ(faults.people_without_centre, 2);
  ASSERT_EQ(faults.faults.size(), 3u);
  EXPECT_EQ(faults.faults[0].kind, FaultKind::kWrongLabel);
  EXPECT_EQ(faults.faults[0].person, odd);
  EXPECT_EQ(faults.faults[0].other_person, 3);
  EXPECT_EQ(faults.faults[0].action, ActionKind::kRelabel);
  EXPECT_EQ(faults.faults[1].kind, FaultKind::kNoAgreement);
  EXPECT_EQ(faults.faults[1].person, apart);
  EXPECT_EQ(faults.faults[1].action, ActionKind::kKeep);
  EXPECT_EQ(faults.faults[2].kind, FaultKind::kSamePerson);
  EXPECT_EQ(faults.faults[2].person, copy);
  EXPECT_EQ(faults.faults[2].other_person, 9);
  EXPECT_EQ(two, one + 1);
}

int64_t number_of(const LabelFaults& faults, FaultKind kind) {
  return std::ranges::count(faults.faults, kind, &LabelFault::kind);
}

// Each option at a value at which what it governs is found no more, in a set in which it is found by default.
TEST(FindFaults, EachOptionGovernsWhatItNames) {
  DrawnPeople drawn = drawn_set();
  for (int64_t person = 0; person < 20; ++person) {
    drawn.relabel(drawn.add_person(7), person);
    drawn.split(person + 40, drawn.add_label());
  }
  drawn.flip(0.1);
  const auto copy = drawn.images()[0].embedding;
  drawn.add_image(0, copy);
  const LabelledEmbeddings set = drawn.set();
  const auto found = [&](const FaultOptions& options) { return find_faults(set, options, all_copies); };
  const auto relabels = [](const LabelFaults& faults) {
    return std::ranges::count(faults.faults, ActionKind::kRelabel, &LabelFault::action);
  };
  const LabelFaults by_default = found({});
  ASSERT_GT(number_of(by_default, FaultKind::kTwoPeople), 0);
  ASSERT_GT(number_of(by_default, FaultKind::kSamePerson), 0);
  ASSERT_GT(number_of(by_default, FaultKind::kDuplicate), 0);
  ASSERT_GT(relabels(by_default), 0);

  EXPECT_EQ(number_of(found({.smallest_group = 50}), FaultKind::kTwoPeople), 0);
  EXPECT_NE(found({.max_false_share = 0.9}).thresholds.wrong_label.similarity,
            by_default.thresholds.wrong_label.similarity);
  EXPECT_GT(found({.false_merges = 1e-9}).thresholds.same_person, by_default.thresholds.same_person);
  EXPECT_LT(relabels(found({.false_relabels = 1e-12})), relabels(by_default));
  EXPECT_EQ(number_of(found({.duplicate_similarity = 1.1}), FaultKind::kDuplicate), 0);
}

TEST(FindFaults, NeedsOtherPeople) {
  DrawnPeople drawn = drawn_set(1, 20);
  EXPECT_TRUE(message_of<Error>([&] {
                find_faults(drawn.set(), {}, no_copies);
              }).starts_with("the set has 1 people whose images agree with each other"));
}

TEST(FindFaults, DoesNotDependOnTheNumberOfThreads) {
  DrawnPeople drawn = drawn_set(60, 8);
  drawn.flip(0.2);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const LabelFaults one = find_faults(drawn.set(), {}, no_copies);
  at::set_num_threads(3);
  const LabelFaults three = find_faults(drawn.set(), {}, no_copies);
  at::set_num_threads(threads);
  EXPECT_EQ(one.similarity, three.similarity);
  ASSERT_EQ(one.faults.size(), three.faults.size());
  for (size_t i = 0; i < one.faults.size(); ++i) {
    EXPECT_EQ(one.faults[i].row, three.faults[i].row);
    EXPECT_EQ(one.faults[i].score, three.faults[i].score);
    EXPECT_EQ(one.faults[i].other_score, three.faults[i].other_score);
  }
}

}  // namespace
}  // namespace massface
