#include "cli/threshold_report.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/files.h"

namespace massface {
namespace {

std::string percent_of(const MeasuredRate& rate) {
  return fmt::format("{:.2f} % ({:.2f} to {:.2f})", 100 * rate.rate, 100 * rate.low, 100 * rate.high);
}

}  // namespace

void print_thresholds(const ThresholdTable& table) {
  std::cout << fmt::format("  thresholds: {} matched, {} mismatched comparisons; rates with intervals of 95 %\n",
                           table.matched, table.mismatched)
            << "  FMR        squared L2    cosine   FNMR\n";
  for (const ThresholdRow& row : table.rows) {
    if (!row.threshold_squared_l2) {
      std::cout << fmt::format("  {:<7.0e}    too few comparisons: {:.2g} false matches expected, 10 are needed\n",
                               row.fmr, row.fmr * static_cast<double>(table.mismatched));
      continue;
    }
    std::cout << fmt::format("  {:<7.0e}      {:8.4f}  {:8.4f}   {}\n", row.fmr, *row.threshold_squared_l2,
                             row.threshold_cosine(), percent_of(row.false_non_matches));
  }
}

nlohmann::ordered_json thresholds_json(const ThresholdTable& table) {
  return nlohmann::ordered_json::parse(to_json_text(table));
}

void print_all_pairs(const AllPairsReport& report) {
  std::cout << fmt::format("{}: all pairs of {} images of {} people, embedded in {:.1f} s\n", printable(report.name),
                           report.num_images, report.num_people, report.seconds)
            << fmt::format("  AUC               {:6.2f} %\n", 100 * area_under_curve(report.scores))
            << fmt::format("  EER               {:6.2f} %\n", 100 * equal_error_rate(report.scores));
}

nlohmann::ordered_json all_pairs_json(const AllPairsReport& report) {
  nlohmann::ordered_json json = {{"name", report.name},
                                 {"protocol", "all pairs"},
                                 {"num_images", report.num_images},
                                 {"num_people", report.num_people},
                                 {"num_pairs", report.scores.matched() + report.scores.mismatched()},
                                 {"auc", area_under_curve(report.scores)},
                                 {"eer", equal_error_rate(report.scores)},
                                 {"unreadable_images", nlohmann::ordered_json::array()},
                                 {"seconds", report.seconds}};
  for (const UnreadableImage& image : report.unreadable) {
    json["unreadable_images"].push_back({{"image", printable(image.name)}, {"reason", printable(image.reason)}});
  }
  return json;
}

}  // namespace massface
