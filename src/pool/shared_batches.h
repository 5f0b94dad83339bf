#pragma once

#include <memory>
#include <set>

#include "distributed/processes.h"
#include "pipeline/batch_loader.h"

namespace massface {

// The batches of a training's processes: each loads the images of its share, and all learn the labels and the images
// that are unreadable. With one process these are the batches of its loader.
class SharedBatches {
 public:
  // loader: of this process's share of each batch; or, if `whole`, of the whole batch in every process.
  // max_bad_fraction and known_bad: as BatchLoader has them.
  SharedBatches(std::unique_ptr<BatchLoader> loader, std::shared_ptr<Processes> processes, bool whole,
                const Dataset& dataset, double max_bad_fraction, std::set<ImageIndex> known_bad);

  // As BatchLoader::next(), with the labels and indices of the whole batch. If it throws in one process, it throws in
  // all of them.
  Batch next();

  double seconds_waited() const { return loader_->seconds_waited(); }

  // As BatchLoader::take_bad_images(), of all processes.
  std::vector<UnreadableImage> take_bad_images();

 private:
  Batch next_of_share();
  void share_bad_images();
  void share_labels(Batch& batch) const;

  std::unique_ptr<BatchLoader> loader_;
  std::shared_ptr<Processes> processes_;
  bool whole_;
  const Dataset& dataset_;
  double max_bad_fraction_;
  std::set<ImageIndex> known_bad_;
  std::vector<UnreadableImage> unreported_;
};

}  // namespace massface
