#include "cli/evaluation_report.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/files.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// Returns NaN, which JSON writes as null, if there is no such pair.
double mean_distance(const PairDistances& distances, bool same) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = 0; i < distances.same.size(); ++i) {
    if ((distances.same[i] != 0) != same) continue;
    sum += distances.distance_squared[i];
    ++count;
  }
  return sum / static_cast<double>(count);
}

}  // namespace

nlohmann::ordered_json evaluation_json(const EvaluationReport& report) {
  const VerificationResult& result = report.verification;
  Json json = {{"name", result.name},
               {"accuracy", result.accuracy},
               {"accuracy_standard_error", result.accuracy_standard_error},
               {"val_at_far_1e_3", result.val_at_far_1e_3},
               {"val_standard_error", result.val_standard_error},
               {"far_at_val", result.far_at_val},
               {"auc", result.auc},
               {"eer", result.eer},
               {"threshold_squared_l2", result.threshold_squared_l2},
               {"threshold_in_sample", result.threshold_in_sample},
               {"num_pairs", result.num_pairs},
               {"mean_squared_l2_matched", mean_distance(report.distances, true)},
               {"mean_squared_l2_mismatched", mean_distance(report.distances, false)},
               {"pairs_left_out", report.pairs_left_out},
               {"missing_images", Json::array()},
               {"unreadable_images", Json::array()},
               {"folds", Json::array()}};
  for (const std::string& image : report.absent.missing) json["missing_images"].push_back(printable(image));
  for (const UnreadableImage& image : report.absent.unreadable) {
    json["unreadable_images"].push_back({{"image", printable(image.name)}, {"reason", printable(image.reason)}});
  }
  for (const FoldResult& fold : result.folds) {
    json["folds"].push_back(
        {{"fold", fold.fold + 1}, {"accuracy", fold.accuracy}, {"threshold_squared_l2", fold.threshold_squared_l2}});
  }
  json["num_images"] = report.num_images;
  json["seconds"] = report.seconds;
  json["images_per_second"] = static_cast<double>(report.num_images) / report.seconds;
  return json;
}

void print_evaluation(const EvaluationReport& report) {
  const VerificationResult& result = report.verification;
  if (result.folds.empty()) {
    const bool same = report.distances.same.front() != 0;
    std::cout << fmt::format("{}: {} pairs, all {}, {} images in {:.1f} s\n  mean distance     {:8.4f}   squared L2\n",
                             printable(result.name), result.num_pairs, same ? "matched" : "mismatched",
                             report.num_images, report.seconds, mean_distance(report.distances, same));
    return;
  }
  std::cout << fmt::format("{}: {} pairs, {} images in {:.1f} s ({:.0f} images/s)\n", printable(result.name),
                           result.num_pairs, report.num_images, report.seconds,
                           static_cast<double>(report.num_images) / report.seconds)
            << fmt::format("  accuracy          {:6.2f} +- {:.2f} %{}\n", 100 * result.accuracy,
                           100 * result.accuracy_standard_error,
                           result.threshold_in_sample ? "   (one fold: the threshold is chosen on the same pairs)" : "")
            << fmt::format("  VAL @ FAR 1e-3    {:6.2f} +- {:.2f} %   (FAR {:.3f} %)\n", 100 * result.val_at_far_1e_3,
                           100 * result.val_standard_error, 100 * result.far_at_val)
            << fmt::format("  AUC               {:6.2f} %\n", 100 * result.auc)
            << fmt::format("  EER               {:6.2f} %\n", 100 * result.eer)
            << fmt::format("  threshold         {:8.4f}   squared L2; a pair below it is one person\n",
                           result.threshold_squared_l2)
            << "  fold       accuracy   threshold\n";
  for (const FoldResult& fold : result.folds) {
    std::cout << fmt::format("  {:>4}       {:6.2f} %    {:8.4f}\n", fold.fold + 1, 100 * fold.accuracy,
                             fold.threshold_squared_l2);
  }
}

void write_roc(const std::string& path, const PairDistances& distances) {
  std::string csv = "far,tar,threshold_squared_l2\n";
  for (const RocPoint& point : roc_curve(distances)) {
    csv += fmt::format("{},{},{}\n", point.false_accept_rate, point.true_accept_rate, point.threshold_squared_l2);
  }
  write_file_atomically(path, csv);
}

}  // namespace massface
