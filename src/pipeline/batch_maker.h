#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "pipeline/augmentation.h"
#include "pipeline/batch_loader.h"
#include "pipeline/sized_decoder.h"

namespace massface {

// One step's batch, or why there is none.
struct MadeBatch {
  Batch batch;                                   // without images where they are decoded already
  std::vector<Augmentation> augmentations;       // of the batch's images, there
  std::map<ImageIndex, std::string> bad_images;  // found on the way, with reasons
  std::exception_ptr error;
};

// What one decoding thread does. A batch is a pure function of the step (and of the files).
class BatchMaker {
 public:
  // max_bad_images: the search for a replacement is given up where more have been found bad within one batch.
  BatchMaker(BatchLoader::Source source, const PipelineOptions& options, int64_t max_bad_images, uint64_t seed);

  // Never throws. stop: returns an unfinished batch soon after it is requested.
  MadeBatch make(int64_t step, const std::stop_token& stop);

 private:
  void fill(MadeBatch& made, int64_t step, const std::stop_token& stop);
  ImageIndex decode_or_replace(ImageIndex image, uint8_t* rgb, MadeBatch& made, const std::stop_token& stop);
  bool decode(ImageIndex image, uint8_t* rgb, MadeBatch& made);
  bool is_decoded(ImageIndex image, MadeBatch& made) const;

  const BatchLoader::Source source_;
  const PipelineOptions options_;
  const int64_t max_bad_images_;
  const uint64_t seed_;
  SizedDecoder decoder_;
  std::vector<uint8_t> scratch_;
  std::vector<uint8_t> storage_;  // of the image in work, where the set does not hold it in memory
};

}  // namespace massface
