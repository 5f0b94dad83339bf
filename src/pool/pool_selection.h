#pragma once

#include <nlohmann/json.hpp>

#include "mining/mine_triplets.h"
#include "pool/batch_source.h"

namespace massface {

// The triplets that a phase's strategy selects from a pool.
struct PoolSelection {
  Triplets triplets;             // rows of the pool, ascending by anchor
  PoolReport report;             // without embedding_milliseconds and steps
  nlohmann::ordered_json facts;  // how they were selected, for the JSON next to a file of triplets
};

// embeddings: float32 [B, D] of unit length, on the CPU. labels: int64 [B]. number: of the pool in the phase, from 0.
// step: the pool's first step in the phase. Logs how many triplets were dropped and, for an offline pool, the expected
// time. Throws Failure that names the step if an embedding is not finite.
PoolSelection select_from_pool(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels,
                               int64_t number, int64_t step);

}  // namespace massface
