#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "dataset/image_names.h"

namespace massface {

// Names for people who are split from others: NAME~2, NAME~3 and so on, without those that the set has.
class SplitNames {
 public:
  explicit SplitNames(const Dataset& dataset) : dataset_(dataset) {}

  // The same for the same person and group.
  std::string of(IdentityIndex person, int64_t group) {
    const auto [it, is_new] = names_.try_emplace({person, group});
    for (int64_t number = group; is_new && it->second.empty(); ++number) {
      std::string name = dataset_.identity_name(person) + "~" + std::to_string(number);
      if (!find_identity(dataset_, name) && taken_.insert(name).second) it->second = std::move(name);
    }
    return it->second;
  }

 private:
  const Dataset& dataset_;
  std::map<std::pair<IdentityIndex, int64_t>, std::string> names_;
  std::set<std::string> taken_;
};

}  // namespace massface
