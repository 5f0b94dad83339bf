#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "distributed/shares.h"
#include "tensor_file/safetensors.h"

namespace massface {

// Some tensors of a run have one row per person of the training set, such as a classifier's weights and what the
// optimizer keeps for them. A checkpoint keeps the people's names with them (uint8 "people.names", all names one after
// the other, and int64 "people.lengths"), since the number of a person changes with the set.
void add_people(NamedTensors& state, const std::vector<std::string>& names);

// Returns the names; nullopt if the state has none. Throws Error if they are damaged.
std::optional<std::vector<std::string>> people_of(const NamedTensors& state);

// How the people of a training set differ from those of a checkpoint.
struct PeopleChange {
  std::vector<int64_t> row_before;  // [people now]: the row in the checkpoint, -1 for a new person
  std::vector<std::string> joined;
  std::vector<std::string> left;
  int64_t num_before = 0;
  bool moved = false;  // somebody has another row than before, joined or left
};
PeopleChange compare_people(const std::vector<std::string>& before, const std::vector<std::string>& now);

// "8 people in the checkpoint, 9 now: 7 keep their rows, 2 get fresh ones (carol, dave), 1 is dropped (bob)"
std::string to_line(const PeopleChange& change);

// Returns the state with the rows of those of the present people whom a process holds, `own` of the list. `fresh` are
// the parameters with one row for each of these, as initialised; their rows are used for new people, and rows of 0 in
// what an optimizer keeps for them ("momentum.NAME"). Tensors of other names, or with another number of rows than the
// checkpoint has people, are returned as they are.
NamedTensors with_rows_of_present_people(const NamedTensors& state, const PeopleChange& change, Share own,
                                         const std::vector<std::pair<std::string, Tensor>>& fresh);

// The reverse: returns the state of which each process holds its own rows with the rows of all `total` people; in the
// first process alone, elsewhere those tensors are missing. Called by all processes.
NamedTensors with_rows_of_all_people(const NamedTensors& state, int64_t total,
                                     const std::vector<std::pair<std::string, Tensor>>& own, Processes& processes);

}  // namespace massface
