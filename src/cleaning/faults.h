#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cleaning/person_centres.h"
#include "cleaning/thresholds.h"

namespace massface {

enum class FaultKind {
  kWrongLabel,             // an image that does not fit its person
  kTwoPeople,              // an image of the second of two people who have one name
  kNoAgreement,            // a person no two of whose images fit each other
  kSamePerson,             // a person who is another one as well
  kDuplicate,              // an image that its person has already
  kDuplicateAcrossPeople,  // an image that another person has, too
  kTestPerson,             // a person who is in the test set
};
inline constexpr int kFaultKinds = 7;

std::string name_of(FaultKind kind);      // "wrong_label", in decisions and JSON
std::string headline_of(FaultKind kind);  // "Wrong labels", for people

// What to do about a fault. kRelabel: the image is one of other_person. kSplit: it is one of a new person.
// kMerge: all images of the person are those of other_person.
enum class ActionKind { kKeep, kDrop, kRelabel, kSplit, kMerge };

struct LabelFault {
  FaultKind kind = FaultKind::kWrongLabel;
  ActionKind action = ActionKind::kKeep;  // suggested
  int64_t person = -1;
  int64_t row = -1;           // of the image; -1: the fault is that of the person as a whole
  double score = 0;           // docs/cleaning.md defines it for each kind, as a similarity
  double threshold = 0;       // that the score was compared with
  int64_t other_person = -1;  // -1: none; for kTestPerson, one of the test set
  int64_t other_row = -1;     // -1: none
  double other_score = 0;     // the similarity to other_person, if there is one
  int64_t group = 0;          // of kTwoPeople: 2 for the second person of the name, 3 for the third
};

// All thresholds, and what follows from them.
struct CleaningThresholds {
  WrongLabelThreshold wrong_label;
  NearestStrangerLaw stranger_of_image, stranger_of_person;
  double other_person_fits = 1;
  double same_person = 1;
  double two_people = 0;  // two groups of one person whose centres are less similar are two people
  double test_person = 1;
};

struct LabelFaults {
  std::vector<LabelFault> faults;  // by kind, and within a kind the clearest first; those of a person stay together
  CleaningThresholds thresholds;
  std::vector<float> similarity;  // [N] of each image to its person; NaN: it cannot be judged
  int64_t images_without_similarity = 0;
  int64_t people_without_centre = 0;
};

}  // namespace massface
