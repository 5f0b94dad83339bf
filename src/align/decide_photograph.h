#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "align/align_photograph.h"
#include "align/memory_budget.h"

namespace massface {

// What became of one photograph.
struct DecidedPhotograph {
  const char* decision;                         // of align/manifest.h
  std::string reason;                           // what is wrong with the file; "" for kAligned, kNoFace, kTooSmall
  std::optional<AlignedPhotograph> photograph;  // if the file could be read
};

// Reads and aligns photographs such that no fault of one of them ends the work on the others. One per thread; the
// options and the memory are shared, and must outlive it.
class PhotographDecider {
 public:
  // detector: as for PhotographAligner.
  PhotographDecider(const FaceDetector* detector, const AlignmentOptions& options, MemoryBudget& memory)
      : aligner_(detector, options), options_(options), memory_(memory) {}

  // bytes: the size of the file. given: its landmarks, instead of the detector's; null for none. Waits until as much
  // memory is free as the photograph takes.
  DecidedPhotograph decide(const std::filesystem::path& file, int64_t bytes, const FivePoints* given = nullptr);

 private:
  AlignedPhotograph look_at(const std::filesystem::path& file, int64_t bytes, const FivePoints* given);
  void require_memory(int64_t bytes) const;

  PhotographAligner aligner_;
  const AlignmentOptions& options_;
  MemoryBudget& memory_;
};

}  // namespace massface
