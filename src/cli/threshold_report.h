#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evaluation/all_pairs.h"
#include "evaluation/threshold_table.h"

namespace massface {

// The rows as `massface evaluate` prints them, each with what it is worth; docs/evaluation.md defines the figures.
void print_thresholds(const ThresholdTable& table);
nlohmann::ordered_json thresholds_json(const ThresholdTable& table);

// The figures of a set all of whose pairs were compared.
void print_all_pairs(const AllPairsReport& report);
nlohmann::ordered_json all_pairs_json(const AllPairsReport& report);

}  // namespace massface
