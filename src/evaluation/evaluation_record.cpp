#include "evaluation/evaluation_record.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json_number.h"
#include "core/limited_json.h"

namespace massface {
namespace {

using RecordJson = nlohmann::ordered_json;

constexpr const char* kFormat = "massface-evaluation-1";
constexpr int64_t kMostJsonValues = 200'000;

RecordJson picture_json(const ReportPicture& picture) {
  return {{"width", picture.width}, {"height", picture.height}, {"jpeg", base64(picture.bytes)}};
}

RecordJson pairs_json(const std::vector<ShownPair>& pairs) {
  RecordJson json = RecordJson::array();
  for (const ShownPair& pair : pairs) {
    json.push_back({{"first", printable(pair.first)},
                    {"second", printable(pair.second)},
                    {"squared_l2", pair.distance_squared},
                    {"threshold_squared_l2", pair.threshold_squared_l2},
                    {"first_picture", picture_json(pair.first_picture)},
                    {"second_picture", picture_json(pair.second_picture)}});
  }
  return json;
}

std::string bits_as_text(const std::vector<uint8_t>& values) {
  std::vector<uint8_t> bytes((values.size() + 7) / 8);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) bytes[i / 8] = static_cast<uint8_t>(bytes[i / 8] | 1U << (i % 8));
  }
  return base64(bytes);
}

// Takes the values of a recorded evaluation. Throws Error or nlohmann's exceptions for what is none.
class RecordReader {
 public:
  explicit RecordReader(nlohmann::json json) : json_(std::move(json)) {}

  EvaluationRecord read() {
    require(text("format") == kFormat, "its format is not {}", kFormat);
    EvaluationRecord record;
    read_head(record);
    read_figures(record.verification, record.pairs_of_fold);
    read_scores(record.scores);
    record.thresholds = parse_threshold_table(json_.at("thresholds").dump(), "the evaluation");
    read_errors(record.errors);
    record.accepts = pairs("false_accepts");
    record.rejects = pairs("false_rejects");
    record.right = bits(json_.at("right"));
    require(record.right.empty() || std::ssize(record.right) == record.verification.num_pairs,
            "it has decisions on {} of {} pairs", record.right.size(), record.verification.num_pairs);
    return record;
  }

 private:
  static double number(const nlohmann::json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  }
  double number(const char* key) const { return number(json_.at(key)); }
  std::string text(const char* key) const { return json_.at(key).get<std::string>(); }

  static int64_t whole(const nlohmann::json& value) {
    const auto number = whole_number(value, 0);
    require(number.has_value(), "{} stands where a whole number from 0 on is expected",
            printable(value.dump().substr(0, 40)));
    return *number;
  }

  static std::vector<int64_t> counts(const nlohmann::json& json) {
    require(std::ssize(json) == ScoreSummary::kBins, "a histogram has {} bins instead of {}", json.size(),
            ScoreSummary::kBins);
    std::vector<int64_t> counts;
    for (const auto& count : json) counts.push_back(whole(count));
    return counts;
  }

  static std::vector<uint8_t> bytes(const nlohmann::json& json) {
    const auto decoded = decode_base64(json.get<std::string>());
    require(decoded.has_value(), "it has bytes that are not in base64");
    return *decoded;
  }

  static std::vector<uint8_t> bits(const nlohmann::json& json) {
    const std::vector<uint8_t> packed = bytes(json.at("bits"));
    const int64_t count = whole(json.at("count"));
    require((count + 7) / 8 == std::ssize(packed), "it has bits of another number of decisions");
    std::vector<uint8_t> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) values[i] = packed[i / 8] >> (i % 8) & 1;
    return values;
  }

  void read_head(EvaluationRecord& record) const {
    const nlohmann::json& model = json_.at("model");
    record.model = {.name = model.at("name"),
                    .weights = model.at("weights"),
                    .backbone = model.at("backbone"),
                    .embedding_size = whole(model.at("embedding_size")),
                    .input_height = whole(model.at("input_height")),
                    .input_width = whole(model.at("input_width")),
                    .precision = model.at("precision")};
    record.flip = text("flip");
    record.subtract_mean = json_.at("subtract_mean");
    record.all_pairs = json_.at("all_pairs");
    record.fingerprint = text("fingerprint");
    record.images = whole(json_.at("num_images"));
    record.pairs_left_out = whole(json_.at("pairs_left_out"));
  }

  void read_figures(VerificationResult& result, std::vector<int64_t>& pairs_of_fold) const {
    result.name = text("name");
    result.num_pairs = whole(json_.at("num_pairs"));
    result.accuracy = number("accuracy");
    result.accuracy_standard_error = number("accuracy_standard_error");
    result.val_at_far_1e_3 = number("val_at_far_1e_3");
    result.val_standard_error = number("val_standard_error");
    result.far_at_val = number("far_at_val");
    result.auc = number("auc");
    result.eer = number("eer");
    result.threshold_squared_l2 = number("threshold_squared_l2");
    result.threshold_in_sample = json_.at("threshold_in_sample");
    for (const auto& fold : json_.at("folds")) {
      result.folds.push_back(
          {whole(fold.at("fold")), number(fold.at("accuracy")), number(fold.at("threshold_squared_l2"))});
      pairs_of_fold.push_back(whole(fold.at("num_pairs")));
    }
  }

  void read_scores(ScoreSummary& scores) const {
    const nlohmann::json& json = json_.at("scores");
    scores.matched = whole(json.at("matched"));
    scores.mismatched = whole(json.at("mismatched"));
    scores.matched_counts = counts(json.at("matched_counts"));
    scores.mismatched_counts = counts(json.at("mismatched_counts"));
    for (const auto& point : json.at("errors")) {
      scores.errors.push_back({number(point.at(0)), whole(point.at(1)), whole(point.at(2))});
    }
  }

  void read_errors(PairErrors& errors) const {
    errors.false_accepts = whole(json_.at("num_false_accepts"));
    errors.false_rejects = whole(json_.at("num_false_rejects"));
    for (const auto& person : json_.at("people")) {
      errors.people.push_back({person.at("person"), whole(person.at("comparisons")), whole(person.at("false_accepts")),
                               whole(person.at("false_rejects"))});
    }
  }

  static ReportPicture picture(const nlohmann::json& json) {
    ReportPicture picture{
        .bytes = bytes(json.at("jpeg")), .width = whole(json.at("width")), .height = whole(json.at("height"))};
    require(picture.width <= 4096 && picture.height <= 4096, "it has a picture of {} x {} pixels", picture.width,
            picture.height);
    return picture;
  }

  std::vector<ShownPair> pairs(const char* key) const {
    std::vector<ShownPair> pairs;
    for (const auto& pair : json_.at(key)) {
      pairs.push_back({.first = pair.at("first"),
                       .second = pair.at("second"),
                       .distance_squared = pair.at("squared_l2"),
                       .threshold_squared_l2 = number(pair.at("threshold_squared_l2")),
                       .first_picture = picture(pair.at("first_picture")),
                       .second_picture = picture(pair.at("second_picture"))});
    }
    return pairs;
  }

  nlohmann::json json_;
};

RecordJson folds_json(const EvaluationRecord& record) {
  RecordJson json = RecordJson::array();
  for (size_t i = 0; i < record.verification.folds.size(); ++i) {
    const FoldResult& fold = record.verification.folds[i];
    json.push_back({{"fold", fold.fold},
                    {"num_pairs", record.pairs_of_fold[i]},
                    {"accuracy", fold.accuracy},
                    {"threshold_squared_l2", fold.threshold_squared_l2}});
  }
  return json;
}

RecordJson scores_json(const ScoreSummary& scores) {
  RecordJson json = {{"matched", scores.matched},
                     {"mismatched", scores.mismatched},
                     {"matched_counts", scores.matched_counts},
                     {"mismatched_counts", scores.mismatched_counts},
                     {"errors", RecordJson::array()}};
  for (const ErrorPoint& point : scores.errors) {
    json["errors"].push_back({point.threshold_squared_l2, point.false_matches, point.false_non_matches});
  }
  return json;
}

RecordJson people_json(const std::vector<PersonErrors>& people) {
  RecordJson json = RecordJson::array();
  for (const PersonErrors& person : people) {
    json.push_back({{"person", printable(person.person)},
                    {"comparisons", person.comparisons},
                    {"false_accepts", person.false_accepts},
                    {"false_rejects", person.false_rejects}});
  }
  return json;
}

}  // namespace

RecordJson record_json(const EvaluationRecord& record) {
  const VerificationResult& result = record.verification;
  return {{"format", kFormat},
          {"model",
           {{"name", printable(record.model.name)},
            {"weights", printable(record.model.weights)},
            {"backbone", record.model.backbone},
            {"embedding_size", record.model.embedding_size},
            {"input_height", record.model.input_height},
            {"input_width", record.model.input_width},
            {"precision", record.model.precision}}},
          {"flip", record.flip},
          {"subtract_mean", record.subtract_mean},
          {"name", printable(result.name)},
          {"all_pairs", record.all_pairs},
          {"fingerprint", record.fingerprint},
          {"num_images", record.images},
          {"num_pairs", result.num_pairs},
          {"pairs_left_out", record.pairs_left_out},
          {"accuracy", result.accuracy},
          {"accuracy_standard_error", result.accuracy_standard_error},
          {"val_at_far_1e_3", result.val_at_far_1e_3},
          {"val_standard_error", result.val_standard_error},
          {"far_at_val", result.far_at_val},
          {"auc", result.auc},
          {"eer", result.eer},
          {"threshold_squared_l2", result.threshold_squared_l2},
          {"threshold_in_sample", result.threshold_in_sample},
          {"folds", folds_json(record)},
          {"scores", scores_json(record.scores)},
          {"thresholds", RecordJson::parse(to_json_text(record.thresholds))},
          {"num_false_accepts", record.errors.false_accepts},
          {"num_false_rejects", record.errors.false_rejects},
          {"people", people_json(record.errors.people)},
          {"false_accepts", pairs_json(record.accepts)},
          {"false_rejects", pairs_json(record.rejects)},
          {"right", {{"count", record.right.size()}, {"bits", bits_as_text(record.right)}}}};
}

EvaluationRecord read_evaluation_record(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  try {
    nlohmann::json json = nlohmann::json::object();
    for (auto& [key, value] : parse_json_object(text, {.depth = 6, .values = kMostJsonValues})) {
      json[key] = std::move(value);
    }
    return RecordReader(std::move(json)).read();
  } catch (const nlohmann::json::exception& error) {
    fail("{}: not a recorded evaluation ({}). Evaluate again with --record, or remove the file",
         printable(path.native()), printable(error.what()));
  } catch (const Error& error) {
    fail("{}: not a recorded evaluation: {}. Evaluate again with --record, or remove the file",
         printable(path.native()), error.what());
  }
}

}  // namespace massface
