#include "evaluation/evaluation_record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_mutations.h"
#include "evaluation/testing_records.h"

namespace massface {
namespace {

struct EvaluationRecordFile : TestingFolder {
  EvaluationRecord back(const EvaluationRecord& record) {
    return read_evaluation_record(write("r.json", record_json(record).dump()));
  }
  std::string error_of(const std::string& text) {
    const std::string file = write("r.json", text);
    return message_of<Error>([&] { read_evaluation_record(file); });
  }
};

TEST_F(EvaluationRecordFile, GivesBackWhatWasRecorded) {
  const EvaluationRecord record = testing_record("first/softmax", {1, 0, 1, 1, 0, 1, 1, 1, 1, 0});
  const EvaluationRecord read = back(record);
  EXPECT_EQ(record_json(read), record_json(record));
  EXPECT_EQ(read.model.name, "first/softmax");
  EXPECT_EQ(read.right, record.right);
  EXPECT_EQ(read.verification.folds.size(), 2u);
  EXPECT_EQ(read.accepts.size(), 1u);
  EXPECT_EQ(read.accepts[0].first_picture.bytes, record.accepts[0].first_picture.bytes);
}

TEST_F(EvaluationRecordFile, KeepsFiguresThatAreNotThere) {
  EvaluationRecord record = testing_record("m", {});
  record.verification.accuracy = std::numeric_limits<double>::quiet_NaN();
  record.verification.folds.clear();
  record.pairs_of_fold.clear();
  const EvaluationRecord read = back(record);
  EXPECT_TRUE(std::isnan(read.verification.accuracy));
  EXPECT_TRUE(read.right.empty());
}

TEST_F(EvaluationRecordFile, TakesNamesOfAnyBytes) {
  EvaluationRecord record = testing_record("a\xff<b>", {});
  record.accepts[0].first = "\x01/\xfe.jpg";
  EXPECT_EQ(back(record).model.name, "a\\xff<b>");
  EXPECT_EQ(back(record).accepts[0].first, "\\x01/\\xfe.jpg");
}

TEST_F(EvaluationRecordFile, RefusesWhatIsNone) {
  const auto whole = record_json(testing_record("m", {1, 0, 1, 1, 0, 1, 1, 1, 1, 0}));
  for (const char* text : {"", "[]", "{}", "{\"format\":1}", "not json", "{\"format\":\"massface-evaluation-1\"}"}) {
    EXPECT_NE(error_of(text).find("r.json: not a recorded evaluation"), std::string::npos) << text;
  }
  const auto damaged = [&](const std::string& pointer, const nlohmann::ordered_json& value) {
    auto json = whole;
    json[nlohmann::ordered_json::json_pointer(pointer)] = value;
    return error_of(json.dump());
  };
  EXPECT_EQ(damaged("/num_pairs", 10), "");
  EXPECT_NE(damaged("/num_pairs", 11).find("decisions on 10 of 11 pairs"), std::string::npos);
  EXPECT_NE(damaged("/num_pairs", 1e30).find("1e+30 stands where a whole number"), std::string::npos);
  EXPECT_NE(damaged("/right/count", 1000000000).find("another number of decisions"), std::string::npos);
  EXPECT_NE(damaged("/scores/matched_counts", {1, 2}).find("2 bins instead of 100"), std::string::npos);
  EXPECT_NE(damaged("/scores/errors/0/1", -1).find("-1 stands where"), std::string::npos);
  EXPECT_NE(damaged("/false_accepts/0/first_picture/jpeg", "<>").find("not in base64"), std::string::npos);
  EXPECT_NE(damaged("/false_accepts/0/first_picture/width", 5000).find("5000 x"), std::string::npos);
  EXPECT_NE(damaged("/thresholds/rows", "many").find("damaged"), std::string::npos);
  EXPECT_NE(damaged("/people", {{{"person", 3}}}).find("not a recorded evaluation"), std::string::npos);
  EXPECT_NE(error_of(whole.dump().substr(0, 500)).find("JSON cannot be read"), std::string::npos);
}

// Damage gives another record or an Error that names the file, never anything else.
TEST_F(EvaluationRecordFile, SurvivesDamageOfEveryKind) {
  const std::string text = record_json(testing_record("m", {1, 0, 1, 1, 0, 1, 1, 1, 1, 0})).dump();
  int64_t refused = 0;
  try_mutations({text.begin(), text.end()}, text.size(), 3000, [&](const std::vector<uint8_t>& bytes) {
    const std::string error = error_of({bytes.begin(), bytes.end()});
    EXPECT_TRUE(error.empty() || has(error, "r.json: not a recorded evaluation")) << error;
    refused += !error.empty();
  });
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace massface
