#include "pipeline/batch_loader.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "pipeline/augment_images.h"
#include "pipeline/bad_image_limit.h"
#include "pipeline/batch_maker.h"
#include "pipeline/ordered_slots.h"

namespace massface {
namespace {

int64_t num_threads(const PipelineOptions& options) {
  return options.decode_threads > 0 ? options.decode_threads : std::max<int64_t>(1, available_cores() / 4);
}

}  // namespace

struct BatchLoader::State {
  State(Source source, const PipelineOptions& options, double max_bad_fraction, int64_t first_step, int64_t end_step)
      : source(source),
        max_bad_fraction(max_bad_fraction),
        end_step(end_step),
        // The prefetched batches, and one in progress on each thread.
        slots(first_step, end_step, options.prefetch_batches + num_threads(options)) {}

  ~State() {
    for (auto& thread : threads) thread.request_stop();
    slots.close();
  }

  void note_bad_images(const std::map<ImageIndex, std::string>& found);

  const Source source;
  const double max_bad_fraction;
  const int64_t end_step;
  OrderedSlots<MadeBatch> slots;
  double seconds_waited = 0;
  std::set<ImageIndex> known_bad;
  std::map<ImageIndex, std::string> unreported;
  std::vector<std::jthread> threads;  // last: joined before the members that they use are destroyed
};

void BatchLoader::State::note_bad_images(const std::map<ImageIndex, std::string>& found) {
  for (const auto& [image, reason] : found) {
    if (known_bad.insert(image).second) unreported.emplace(image, reason);
  }
  if (found.empty()) return;
  const auto& [image, reason] = *found.rbegin();
  require_few_bad_images(source.dataset, max_bad_fraction, std::ssize(known_bad),
                         {image, source.dataset.image_name(image), reason});
}

BatchLoader::BatchLoader(Source source, const PipelineOptions& options, double max_bad_fraction, uint64_t seed,
                         int64_t first_step, int64_t end_step, std::set<ImageIndex> known_bad)
    : state_(std::make_unique<State>(source, options, max_bad_fraction, first_step, end_step)) {
  state_->known_bad = std::move(known_bad);
  const int64_t max_bad = max_bad_images(max_bad_fraction, source.dataset);
  for (int64_t i = 0; i < num_threads(options); ++i) {
    state_->threads.emplace_back([&slots = state_->slots, source, options, max_bad, seed](std::stop_token stop) {
      BatchMaker maker(source, options, max_bad, seed);
      while (const auto step = slots.claim()) slots.put(*step, maker.make(*step, stop));
    });
  }
}

BatchLoader::~BatchLoader() = default;

Batch BatchLoader::next() {
  check(state_->slots.next_to_take() < state_->end_step, "next() is not called after the last batch");
  auto made = state_->slots.try_take();
  if (!made) {
    const Stopwatch watch;
    made = state_->slots.take();
    state_->seconds_waited += watch.seconds();
  }
  state_->note_bad_images(made->bad_images);
  if (made->error) std::rethrow_exception(made->error);
  if (const auto* decoded = state_->source.decoded) {
    made->batch.images = augment_images(decoded->pixels, made->batch.indices, made->augmentations);
  }
  return std::move(made->batch);
}

double BatchLoader::seconds_waited() const { return state_->seconds_waited; }

std::vector<UnreadableImage> BatchLoader::take_bad_images() {
  std::vector<UnreadableImage> reports;
  for (auto& [image, reason] : state_->unreported) {
    reports.push_back({image, state_->source.dataset.image_name(image), std::move(reason)});
  }
  state_->unreported.clear();
  return reports;
}

}  // namespace massface
