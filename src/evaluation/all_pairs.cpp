#include "evaluation/all_pairs.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <mutex>
#include <numeric>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "kernels/pairwise_distances.h"

namespace massface {
namespace {

constexpr int64_t kRowsAtOnce = 64;

std::vector<ImageIndex> all_images_of(const Dataset& set) {
  std::vector<ImageIndex> images(static_cast<size_t>(set.size()));
  std::iota(images.begin(), images.end(), 0);
  return images;
}

void require_both(const ScoreHistogram& scores, const std::string& name) {
  require(
      scores.matched() > 0 && scores.mismatched() > 0,
      "{}: its images give {} matched and {} mismatched pairs; there must be at least one of each: two people, one of "
      "them with two images",
      printable(name), scores.matched(), scores.mismatched());
}

}  // namespace

ScoreHistogram scores_of_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people) {
  check(embeddings.dim() == 2 && embeddings.size(0) == std::ssize(people), "there is one person per row");
  require(at::isfinite(embeddings).all().item<bool>(),
          "an embedding is not finite, so the weights are damaged or their training has diverged");
  const PairwiseDistances distances(embeddings);
  const int64_t size = distances.size();
  ScoreHistogram scores;
  std::mutex adding;
  at::parallel_for(0, size, kRowsAtOnce, [&](int64_t begin, int64_t end) {
    ScoreHistogram mine;
    std::vector<float> rows(static_cast<size_t>(kRowsAtOnce * distances.stride()));
    for (int64_t first = begin; first < end; first += kRowsAtOnce) {
      const int64_t last = std::min(first + kRowsAtOnce, end);
      distances.compute_rows(first, last, rows.data());
      for (int64_t i = first; i < last; ++i) {
        const float* row = rows.data() + (i - first) * distances.stride();
        for (int64_t j = 0; j < i; ++j)
          mine.add(row[j], people[static_cast<size_t>(j)] == people[static_cast<size_t>(i)]);
      }
    }
    const std::lock_guard lock(adding);  // whole numbers: the order does not matter
    scores.add(mine);
  });
  return scores;
}

AllPairsReport evaluate_all_pairs(const Embedder& embedder, const Dataset& set, const std::string& name,
                                  const EvaluationOptions& options, const std::shared_ptr<Processes>& processes) {
  AllPairsReport report{.name = name, .num_people = set.num_identities(), .fingerprint = hex(set.fingerprint())};
  const Stopwatch watch;
  const EmbeddedImages embedded = embed_images(embedder, set, all_images_of(set),
                                               {.flip = parse_flip(options.flip),
                                                .other_size = options.other_size(),
                                                .batch = options.batch,
                                                .threads = resolve_threads(options.threads),
                                                .processes = processes});
  report.seconds = watch.seconds();
  report.unreadable = embedded.unreadable;
  const ReadableRows readable = readable_unit_rows(embedded);
  report.num_images = std::ssize(readable.rows);
  if (!report.unreadable.empty()) {
    const UnreadableImage& bad = report.unreadable.front();
    log_warning("{}: {} images are left out because they are unreadable, such as {} ({})", printable(name),
                report.unreadable.size(), printable(bad.name), printable(bad.reason));
  }
  std::vector<int64_t> people;
  for (const int64_t row : readable.rows) people.push_back(set.identity_of(row));
  report.scores = scores_of_all_pairs(readable.embeddings, people);
  require_both(report.scores, name);
  return report;
}

}  // namespace massface
