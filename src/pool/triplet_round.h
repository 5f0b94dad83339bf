#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "mining/triplets.h"

namespace massface {

// Returns the path of a round's triplets, such as RUN/triplets/round_00003.npy: int64 [T, 3] of (anchor, positive,
// negative), image indices of the data set as stored on disk. round_00003.json next to it records how they were
// selected (docs/formats/run_directory.md). number: of the round in the run, from 0.
std::filesystem::path round_file(const std::filesystem::path& run, int64_t number);

// The hash of the file that write_round() writes for these triplets.
uint64_t hash_of_round(const Triplets& triplets);

// Writes the triplets and their JSON, which holds the hash of the triplets' file, and returns the hash. Existing files
// of the round are replaced: a run that was killed selects the same triplets again. Throws Failure.
uint64_t write_round(const std::filesystem::path& file, const Triplets& triplets, nlohmann::ordered_json facts);

// Reads the triplets of a round. Throws Error that names the remedy if the file is missing or has another hash.
Triplets read_round(const std::filesystem::path& file, uint64_t hash);

// The contents of a file of triplets, a round's or any other of the same shape, for inspection.
struct InspectedTriplets {
  Triplets triplets;
  nlohmann::ordered_json facts;  // null if there is no JSON next to the file
};
// Throws Error that names the file if it has another shape or a negative index, or if its JSON is not a JSON object or
// was written for other triplets.
InspectedTriplets inspect_triplets(const std::filesystem::path& file);

}  // namespace massface
