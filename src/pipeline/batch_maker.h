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

// The batch of one step, or the error that prevented it.
struct MadeBatch {
  Batch batch;                                   // without images if they are already decoded
  std::vector<Augmentation> augmentations;       // in that case, one per image of the batch
  std::map<ImageIndex, std::string> bad_images;  // found while making the batch, with reasons
  std::exception_ptr error;
};

// Makes batches; each decoding thread has its own. A batch is a pure function of the step (and of the files).
class BatchMaker {
 public:
  // max_bad_images: the search for a replacement ends once more than this many images have been found bad within one
  // batch.
  BatchMaker(BatchLoader::Source source, const PipelineOptions& options, int64_t max_bad_images, uint64_t seed);

  // Never throws; errors are stored in the result. stop: soon after it is requested, an unfinished batch is returned.
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
  std::vector<uint8_t> storage_;  // bytes of the current image, if the dataset does not hold it in memory
};

}  // namespace massface
