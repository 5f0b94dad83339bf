#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "mining/triplets.h"

namespace massface {

// RUN/triplets/round_00003.npy, int64 [T, 3] of (anchor, positive, negative), image indices of the data set as it lies
// on the disk; with round_00003.json beside it, which says how they were selected (docs/formats/run_directory.md).
// number: of the round in the run, from 0.
std::filesystem::path round_file(const std::filesystem::path& run, int64_t number);

// Writes both, the JSON with the hash of the other. A file of the round is replaced: a run that was killed selects the
// same again. Returns the hash. Throws Failure.
uint64_t write_round(const std::filesystem::path& file, const Triplets& triplets, nlohmann::ordered_json facts);

// Throws Error that says what to do where the file is missing or its hash is another.
Triplets read_round(const std::filesystem::path& file, uint64_t hash);

// What a file of triplets holds, a round's or any other of its shape, for inspection.
struct InspectedTriplets {
  Triplets triplets;
  nlohmann::ordered_json facts;  // null where there is no JSON beside it
};
// Throws Error that names the file: of another shape, with a negative index, or not what its JSON was written for.
InspectedTriplets inspect_triplets(const std::filesystem::path& file);

}  // namespace massface
