#include "evaluation/make_record.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/error.h"
#include "image/decode.h"
#include "pipeline/load_images.h"
#include "report/report_picture.h"

namespace massface {
namespace {

constexpr int64_t kShownHeight = 112;

ReportPicture read_picture(ImageDecoder& decoder, const std::optional<ImageSource>& source) {
  if (!source) return {};
  std::vector<uint8_t> storage;
  try {
    return report_picture(decoder.decode(image_bytes(*source, storage)), kShownHeight);
  } catch (const Error&) {  // it could be read before; its score is shown all the same
    return {};
  }
}

// name(i), source(i): of the images that the pairs count.
template <class Name, class Source>
std::vector<ShownPair> show_pairs(const std::vector<WrongPair>& pairs, const Name& name, const Source& source) {
  ImageDecoder decoder;
  std::vector<ShownPair> shown;
  for (const WrongPair& pair : pairs) {
    shown.push_back({.first = name(pair.first),
                     .second = name(pair.second),
                     .distance_squared = pair.distance_squared,
                     .threshold_squared_l2 = pair.threshold_squared_l2,
                     .first_picture = read_picture(decoder, source(pair.first)),
                     .second_picture = read_picture(decoder, source(pair.second))});
  }
  return shown;
}

template <class Name, class Source>
void take_errors(EvaluationRecord& record, PairErrors errors, const Name& name, const Source& source) {
  record.accepts = show_pairs(errors.hardest_accepts, name, source);
  record.rejects = show_pairs(errors.hardest_rejects, name, source);
  errors.hardest_accepts.clear();
  errors.hardest_rejects.clear();
  record.errors = std::move(errors);
}

void take_scores(EvaluationRecord& record, const ScoreHistogram& scores) {
  record.scores = summarise_scores(scores);
  record.thresholds = {.matched = scores.matched(), .mismatched = scores.mismatched()};
  if (scores.matched() > 0 && scores.mismatched() > 0) record.thresholds = make_threshold_table(scores);
  record.thresholds.set = record.verification.name;
  record.thresholds.fingerprint = record.fingerprint;
  record.thresholds.flip = record.flip;
}

}  // namespace

EvaluationRecord make_record(const EvaluatedModel& model, const EvaluationReport& report, const VerificationSet& set,
                             const EvaluationOptions& options) {
  EvaluationRecord record{.model = model,
                          .flip = options.flip,
                          .subtract_mean = options.subtract_mean,
                          .fingerprint = report.fingerprint,
                          .images = report.num_images,
                          .pairs_left_out = report.pairs_left_out,
                          .verification = report.verification,
                          .right = right_decisions(report)};
  for (const FoldResult& fold : report.verification.folds) {
    record.pairs_of_fold.push_back(std::ranges::count(report.distances.fold, fold.fold));
  }
  take_scores(record, ScoreHistogram::of(report.distances));
  PairImageFinder finder(set);
  const auto name = [&](int64_t image) { return report.images[static_cast<size_t>(image)]; };
  take_errors(record, find_pair_errors(report), name, [&](int64_t image) { return finder.find(name(image)); });
  return record;
}

EvaluationRecord make_record(const EvaluatedModel& model, const AllPairsReport& report, const Dataset& set,
                             const EvaluationOptions& options) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  EvaluationRecord record{.model = model,
                          .flip = options.flip,
                          .all_pairs = true,
                          .fingerprint = report.fingerprint,
                          .images = report.num_images,
                          .verification = {.name = report.name,
                                           .num_pairs = report.scores.matched() + report.scores.mismatched(),
                                           .accuracy = kNone,
                                           .accuracy_standard_error = kNone,
                                           .val_at_far_1e_3 = kNone,
                                           .val_standard_error = kNone,
                                           .far_at_val = kNone,
                                           .auc = area_under_curve(report.scores),
                                           .eer = equal_error_rate(report.scores),
                                           .threshold_squared_l2 = kNone}};
  take_scores(record, report.scores);
  take_errors(
      record, report.errors,
      [&](int64_t image) { return set.identity_name(set.identity_of(image)) + "/" + set.file_name(image); },
      [&](int64_t image) { return std::optional(image_source(set, image)); });
  return record;
}

}  // namespace massface
