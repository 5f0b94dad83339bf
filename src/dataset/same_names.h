#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"

namespace massface {

// One of several sets that are joined.
struct JoinedPart {
  std::string root;  // the path that the user gave
  std::shared_ptr<const Dataset> set;
};

// "merge", "separate", or the default, which is "ask" (DatasetOptions::same_names). Throws Error for anything else.
SameNames parse_same_names(std::string_view text);

// Adds the option same_names, for whatever opens a set that the user names.
void describe_same_names(OptionTable& table, std::string& same_names);

// Returns whether the name consists of digits alone: it numbers a person rather than naming one.
bool is_number(std::string_view name);

// Throws Error if two of the sets share names all of which are numbers. These say nothing about who is meant, so the
// user has to choose. Sets that number their identities (Dataset::numbers_identities()) are not compared.
void require_names_that_mean_people(const std::vector<JoinedPart>& parts);

// For each root, its last components, as few as tell all roots apart: "a/train.rec", "b/train.rec". These stay the same
// if the folder above all of the sets is moved.
std::vector<std::string> distinct_ends(const std::vector<std::string>& roots);

}  // namespace massface
