#include "dataset/overlap.h"

#include <filesystem>
#include <set>

namespace massface {

std::vector<std::string> overlapping_identities(const Dataset& training, const VerificationPairs& verification) {
  std::set<std::string> people;
  for (const VerificationPair& pair : verification.pairs) {
    for (const std::string& image : {pair.first, pair.second}) {
      people.insert(std::filesystem::path(image).parent_path().filename().native());
    }
  }
  // A joined set may call people SET:NAME (dataset/same_names.h).
  const auto is_known = [&](const std::string& name) {
    return people.contains(name) || people.contains(name.substr(name.rfind(':') + 1));
  };
  std::vector<std::string> overlap;
  for (IdentityIndex identity = 0; identity < training.num_identities(); ++identity) {
    if (is_known(training.identity_name(identity))) overlap.push_back(training.identity_name(identity));
  }
  return overlap;
}

}  // namespace massface
