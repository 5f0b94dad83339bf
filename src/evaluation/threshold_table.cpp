#include "evaluation/threshold_table.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint_files.h"
#include "core/error.h"
#include "core/files.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKey = "thresholds";
constexpr double kRates[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};

// The comparisons below the threshold that is a bin's lower edge.
struct Accepted {
  int64_t bin = 0, matched = 0, mismatched = 0;
};

// Returns the largest threshold with at most `most` false matches.
Accepted largest_with(const ScoreHistogram& scores, int64_t most) {
  Accepted accepted;
  for (; accepted.bin < ScoreHistogram::kBins; ++accepted.bin) {
    const auto bin = static_cast<size_t>(accepted.bin);
    if (accepted.mismatched + scores.counts(false)[bin] > most) break;
    accepted.mismatched += scores.counts(false)[bin];
    accepted.matched += scores.counts(true)[bin];
  }
  return accepted;
}

Json rate_json(const MeasuredRate& rate) { return {{"rate", rate.rate}, {"low", rate.low}, {"high", rate.high}}; }

MeasuredRate rate_of(const Json& json) {
  return {.rate = json.at("rate"), .low = json.at("low"), .high = json.at("high")};
}

auto find_row(const std::vector<ThresholdRow>& rows, double fmr) {
  return std::ranges::find_if(rows, [&](const ThresholdRow& row) { return std::abs(row.fmr - fmr) <= 1e-6 * fmr; });
}

}  // namespace

MeasuredRate wilson_interval(int64_t count, int64_t total) {
  if (total == 0) return {.rate = 0, .low = 0, .high = 1};
  constexpr double kZ = 1.959963984540054;  // 97.5 % of a normal distribution lie below
  const auto n = static_cast<double>(total);
  const double p = static_cast<double>(count) / n, square = kZ * kZ;
  const double middle = (p + square / (2 * n)) / (1 + square / n);
  const double half = kZ / (1 + square / n) * std::sqrt(p * (1 - p) / n + square / (4 * n * n));
  // Rounding would leave a trace of the ends that are exactly 0 and 1.
  return {.rate = p, .low = count == 0 ? 0 : middle - half, .high = count == total ? 1 : middle + half};
}

bool ThresholdTable::reaches(double fmr) const {
  const auto found = find_row(rows, fmr);
  return found != rows.end() && found->threshold_squared_l2.has_value();
}

const ThresholdRow& ThresholdTable::row_of(double fmr) const {
  const auto found = find_row(rows, fmr);
  require(found != rows.end(),
          "the threshold table of {} has no row for a false match rate of {}; it has 1e-1, 1e-2, "
          "... 1e-6",
          printable(set), fmr);
  require(
      found->threshold_squared_l2.has_value(),
      "{} has {} mismatched comparisons, too few to know a threshold for a false match rate of {:.0e}. Use a higher "
      "rate, or measure more pairs (massface evaluate --all-pairs)",
      printable(set), mismatched, fmr);
  return *found;
}

ThresholdTable make_threshold_table(const ScoreHistogram& scores) {
  ThresholdTable table{.matched = scores.matched(), .mismatched = scores.mismatched()};
  for (const double fmr : kRates) {
    ThresholdRow row{.fmr = fmr};
    const double expected = fmr * static_cast<double>(table.mismatched);
    // 1e-3 of 10,000 is 10, whatever the last bit of the product.
    if (expected >= kLeastExpectedFalseMatches * (1 - 1e-9) && table.matched > 0) {
      const Accepted accepted = largest_with(scores, static_cast<int64_t>(expected * (1 + 1e-9)));
      row.threshold_squared_l2 = ScoreHistogram::edge(accepted.bin);
      row.false_matches = wilson_interval(accepted.mismatched, table.mismatched);
      row.false_non_matches = wilson_interval(table.matched - accepted.matched, table.matched);
    }
    table.rows.push_back(row);
  }
  return table;
}

std::string to_json_text(const ThresholdTable& table) {
  Json json = {{"set", table.set},         {"fingerprint", table.fingerprint}, {"flip", table.flip},
               {"matched", table.matched}, {"mismatched", table.mismatched},   {"rows", Json::array()}};
  for (const ThresholdRow& row : table.rows) {
    if (!row.threshold_squared_l2) {
      json["rows"].push_back({{"fmr", row.fmr}, {"threshold_squared_l2", nullptr}});
      continue;
    }
    json["rows"].push_back({{"fmr", row.fmr},
                            {"threshold_squared_l2", *row.threshold_squared_l2},
                            {"threshold_cosine", row.threshold_cosine()},
                            {"false_matches", rate_json(row.false_matches)},
                            {"false_non_matches", rate_json(row.false_non_matches)}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ThresholdTable parse_threshold_table(const std::string& text, const std::string& source) {
  try {
    const Json json = Json::parse(text);
    ThresholdTable table{.set = json.at("set"),
                         .fingerprint = json.at("fingerprint"),
                         .flip = json.at("flip"),
                         .matched = json.at("matched"),
                         .mismatched = json.at("mismatched")};
    for (const Json& row : json.at("rows")) {
      table.rows.push_back({.fmr = row.at("fmr")});
      if (row.at("threshold_squared_l2").is_null()) continue;
      table.rows.back().threshold_squared_l2 = row.at("threshold_squared_l2").get<double>();
      table.rows.back().false_matches = rate_of(row.at("false_matches"));
      table.rows.back().false_non_matches = rate_of(row.at("false_non_matches"));
    }
    return table;
  } catch (const Json::exception& error) {
    fail("{}: its threshold table is damaged: {}", printable(source), error.what());
  }
}

std::optional<ThresholdTable> read_threshold_table(const std::filesystem::path& weights) {
  const auto metadata = read_safetensors_metadata(weights);
  const auto found = metadata.find(kKey);
  if (found == metadata.end()) return std::nullopt;
  return parse_threshold_table(found->second, weights.native());
}

void require_no_checkpoint(const std::filesystem::path& weights) {
  require(
      !path_exists(weights.parent_path() / kStateFile),
      "{}: belongs to a checkpoint, whose files do not change. Write the table into the weights of a finished phase "
      "(--checkpoint PHASE), or into a copy",
      printable(weights.native()));
}

void write_threshold_table(const std::filesystem::path& weights, const ThresholdTable& table) {
  require_no_checkpoint(weights);
  require(std::ranges::any_of(table.rows, [](const ThresholdRow& row) { return row.threshold_squared_l2.has_value(); }),
          "{} has {} mismatched comparisons, too few for any threshold; nothing is written", printable(table.set),
          table.mismatched);
  NamedTensors tensors = read_safetensors(weights);
  tensors.metadata[kKey] = to_json_text(table);
  write_safetensors(weights, tensors);
}

}  // namespace massface
