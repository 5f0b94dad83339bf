#include <map>
#include <optional>

#include "cleaning/decisions.h"
#include "core/error.h"
#include "core/files.h"
#include "dataset/image_names.h"

namespace massface {
namespace {

// Joins the decisions for each image and each person, and refuses contradictions.
class DecisionTable {
 public:
  DecisionTable(const Dataset& dataset, const std::vector<Decision>& decisions) : dataset_(dataset) {
    for (const Decision& decision : decisions) {
      if (decision.action == ActionKind::kKeep) continue;
      if (decision.image >= 0) {
        add(of_image_, decision.image, decision);
      } else {
        add(of_person_, decision.person, decision);
      }
    }
  }

  NewLabels labels() {
    NewLabels labels = labels_of(dataset_);
    for (ImageIndex image = 0; image < dataset_.size(); ++image) {
      int64_t& name = labels.name_of_image[static_cast<size_t>(image)];
      const auto found = of_image_.find(image);
      if (found == of_image_.end()) {
        name = person_after(dataset_.identity_of(image));
        continue;
      }
      const Decision& decision = *found->second;
      switch (decision.action) {
        case ActionKind::kDrop:
          name = -1;
          break;
        case ActionKind::kSplit:
          name = new_name(decision.target, labels.names);
          break;
        default:
          name = target_after(decision);
          break;
      }
    }
    return labels;
  }

 private:
  template <class Key>
  void add(std::map<Key, const Decision*>& table, Key key, const Decision& decision) {
    const auto [it, is_new] = table.try_emplace(key, &decision);
    const Decision& before = *it->second;
    require(is_new || (before.action == decision.action && before.target == decision.target),
            "lines {} and {} contradict each other: both change {}; set one of them to keep", before.line,
            decision.line,
            decision.image >= 0 ? printable(dataset_.image_name(decision.image))
                                : printable(dataset_.identity_name(decision.person)));
  }

  // Returns the person that all images of this one now belong to, or -1 if they are dropped.
  int64_t person_after(IdentityIndex person) const {
    const IdentityIndex first = person;
    int64_t steps = 0;
    for (auto found = of_person_.find(person); found != of_person_.end(); found = of_person_.find(person)) {
      const Decision& decision = *found->second;
      if (decision.action == ActionKind::kDrop) {
        require(
            person == first,
            "line {} merges {} into a person that is dropped by line {}; drop both, or set one of the lines to keep",
            of_person_.at(first)->line, printable(dataset_.identity_name(first)), decision.line);
        return -1;
      }
      person = *find_identity(dataset_, decision.target);
      require(++steps <= std::ssize(of_person_), "line {}: the merge of {} leads back to the same person",
              of_person_.at(first)->line, printable(dataset_.identity_name(first)));
    }
    return person;
  }

  int64_t target_after(const Decision& decision) const {
    const IdentityIndex target = *find_identity(dataset_, decision.target);
    const int64_t person = person_after(target);
    require(person >= 0, "line {} moves an image to {}, whom line {} drops; set one of them to keep", decision.line,
            printable(decision.target), person >= 0 ? 0 : of_person_.at(target)->line);
    return person;
  }

  int64_t new_name(const std::string& name, std::vector<std::string>& names) {
    const auto [it, is_new] = new_names_.try_emplace(name, std::ssize(names));
    if (is_new) names.push_back(name);
    return it->second;
  }

  const Dataset& dataset_;
  std::map<ImageIndex, const Decision*> of_image_;
  std::map<IdentityIndex, const Decision*> of_person_;
  std::map<std::string, int64_t> new_names_;
};

}  // namespace

NewLabels decided_labels(const Dataset& dataset, const std::vector<Decision>& decisions) {
  return DecisionTable(dataset, decisions).labels();
}

}  // namespace massface
