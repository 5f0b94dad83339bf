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
  std::filesystem::path destination;  // mirrors it; made if need be, continued where it is one of the same options
  AlignmentOptions options;
  const FaceDetector* detector = nullptr;                        // null: landmarks are given
  const std::map<std::string, FivePoints>* landmarks = nullptr;  // by path below source
  // What finds the faces, in words that change with it ("mtcnn 0123456789abcdef"): a manifest of other words is not
  // continued.
  std::string faces_from;
  int64_t threads = 1;
};

struct AlignmentCounts {
  int64_t photographs = 0;
  int64_t done_before = 0;  // by a run before this one; counted below, too
  int64_t aligned = 0;      // photographs with at least one crop
  int64_t crops = 0;
  int64_t several_faces = 0;  // of the aligned
  int64_t no_face = 0;
  int64_t too_small = 0;      // to hold a face of the least size that is looked for
  int64_t no_landmarks = 0;   // none given for it
  int64_t bad_landmarks = 0;  // given ones that are no face, or lie outside of the photograph
  int64_t truncated = 0;      // files that end too early
  int64_t bad_images = 0;     // all other files that are no photographs or damaged ones
};

struct Alignment {
  AlignmentCounts counts;
  std::vector<std::filesystem::path> crops;  // of all photographs, in the order of their names
};

// done of total photographs, now and then; from any thread, one call at a time.
using AlignmentProgress = std::function<void(int64_t done, int64_t total)>;

// Aligns every file below the source. Each crop is written atomically, then its photograph's line in manifest.jsonl: a
// photograph that has a line, is still the file that the line is about, and has the crops that it tells of, is skipped.
// Throws Error where there is nothing to align, one of the folders lies within the other, the destination is neither
// empty nor one of these or another process is at work in it, or a folder of crops cannot be made; Failure when a crop
// cannot be written; Interrupted when a signal asks to stop; what is done stays done.
Alignment align_folder(const AlignmentJob& job, const AlignmentProgress& progress = {});

}  // namespace massface
