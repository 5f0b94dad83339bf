#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "align/alignment_options.h"
#include "align/face.h"

namespace massface {

struct AlignmentJob {
  std::filesystem::path source;       // a folder of photographs, of any depth
  std::filesystem::path destination;  // mirrors source; created if missing, continued if made with the same options
  AlignmentOptions options;
  const FaceDetector* detector = nullptr;                        // null: landmarks are given
  const std::map<std::string, FivePoints>* landmarks = nullptr;  // by path below source
  // Identifies what finds the faces ("mtcnn with a border 0123456789abcdef"): a manifest with another identification is
  // not continued.
  std::string faces_from;
  int64_t threads = 1;
  // For the photographs that are processed at the same time: a thread waits until its photograph fits. One that would
  // never fit is listed as too large.
  int64_t memory_bytes = int64_t{1} << 30;
};

struct AlignmentCounts {
  int64_t photographs = 0;
  int64_t done_before = 0;  // by an earlier run; also counted below
  int64_t aligned = 0;      // photographs with at least one crop
  int64_t crops = 0;
  int64_t several_faces = 0;  // aligned photographs in which several faces were found
  int64_t no_face = 0;
  int64_t too_small = 0;      // to hold a face of the minimum size
  int64_t no_landmarks = 0;   // none given for it
  int64_t bad_landmarks = 0;  // given ones that are not a face, or lie outside the photograph
  int64_t truncated = 0;      // files that end too early
  int64_t too_large = 0;      // for the memory that may be used, or that there is
  int64_t bad_images = 0;     // all other files that are damaged or not photographs
};

struct Alignment {
  AlignmentCounts counts;
  std::vector<std::filesystem::path> crops;  // of all photographs, in the order of their names
};

// Called after each photograph, with the number of photographs done and their total. Called from any thread, but by
// only one at a time.
using AlignmentProgress = std::function<void(int64_t done, int64_t total)>;

// Aligns every file below the source. Each crop is written atomically, then its photograph's line in manifest.jsonl. A
// photograph is skipped if it has a line, is still the file that the line describes, and all crops that the line lists
// exist; one that was too large is tried again. Throws Error if there is nothing to align, one of the folders lies
// within the other, the destination is neither empty nor such a result, another process is working in it, or a folder
// of crops cannot be created; Failure if a crop cannot be written; Interrupted if a signal asks to stop. What is done
// stays done.
Alignment align_folder(const AlignmentJob& job, const AlignmentProgress& progress = {});

}  // namespace massface
