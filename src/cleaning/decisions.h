#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cleaning/faults.h"
#include "dataset/relabelled_dataset.h"

namespace massface {

// One line of decisions.csv (docs/formats/decisions.md): what to do with an image or a person.
struct Decision {
  int64_t line = 0;  // of the file, from 1
  ActionKind action = ActionKind::kKeep;
  std::string target;  // of kRelabel, kSplit and kMerge: the name of a person
  IdentityIndex person = 0;
  ImageIndex image = -1;  // -1: the person as a whole
};

// Returns the text of decisions.csv. images: the image of each row of the embeddings that the faults were found in.
// test_names: of the people of the test set, if there is one.
std::string decisions_text(const Dataset& dataset, const LabelFaults& faults, const std::vector<ImageIndex>& images,
                           const std::vector<std::string>& test_names);

// Parses decisions, which may have passed through a spreadsheet (a byte order mark, Windows line endings, quotes,
// semicolons, columns in another order). Throws Error, which names the line but not the file, if they are those of
// another set, or a line names an unknown action, person or image.
std::vector<Decision> parse_decisions(const std::string& text, const Dataset& dataset);
// The same for a file, which the message names.
std::vector<Decision> read_decisions(const std::filesystem::path& path, const Dataset& dataset);

// Returns the labels of the set after the decisions. The action for an image comes before that for its person. Throws
// Error, which names both lines but not the file, if decisions contradict each other.
NewLabels decided_labels(const Dataset& dataset, const std::vector<Decision>& decisions);

}  // namespace massface
