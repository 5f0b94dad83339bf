#include "cleaning/faults.h"

#include "core/error.h"

namespace massface {

std::string name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kWrongLabel:
      return "wrong_label";
    case FaultKind::kTwoPeople:
      return "two_people";
    case FaultKind::kNoAgreement:
      return "no_agreement";
    case FaultKind::kSamePerson:
      return "same_person";
    case FaultKind::kDuplicate:
      return "duplicate";
    case FaultKind::kDuplicateAcrossPeople:
      return "duplicate_across_people";
    case FaultKind::kTestPerson:
      return "test_person";
  }
  check(false, "every kind has a name");
  return "";
}

std::string headline_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kWrongLabel:
      return "Wrong labels";
    case FaultKind::kTwoPeople:
      return "Two people under one name";
    case FaultKind::kNoAgreement:
      return "People whose images do not agree";
    case FaultKind::kSamePerson:
      return "One person under two names";
    case FaultKind::kDuplicate:
      return "Duplicates within a person";
    case FaultKind::kDuplicateAcrossPeople:
      return "Duplicates across people";
    case FaultKind::kTestPerson:
      return "People of the test set";
  }
  check(false, "every kind has a headline");
  return "";
}

}  // namespace massface
