#include "cleaning/decisions.h"

#include <gtest/gtest.h>

#include "cleaning/split_names.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

// ada: "1,a.jpg", "2.jpg"; "bob \"b\"\nline": 1.jpg, 1.jpg, 3.jpg; cyd: 1.jpg; cyd~2: 9.jpg.
class HostileNames : public Dataset {
 public:
  HostileNames() { set_identities({"ada", kBob, "cyd", "cyd~2"}, {0, 0, 1, 1, 1, 2, 3}); }
  uint64_t fingerprint() const override { return 7; }
  std::string image_name(ImageIndex image) const override { return "faces/" + file_name(image); }
  std::string file_name(ImageIndex image) const override {
    const std::vector<std::string> names = {"1,a.jpg", "2.jpg", "1.jpg", "1.jpg", "3.jpg", "1.jpg", "9.jpg"};
    return names[static_cast<size_t>(image)];
  }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return {static_cast<uint8_t>(image)}; }

  static constexpr char kBob[] = "bob \"b\"\nline";
};

constexpr char kSet[] = "# set 0000000000000007 0000000000000000\naction,person,image,index\n";
constexpr char kQuotedBob[] = "\"bob \"\"b\"\"\nline\"";

std::vector<Decision> parse(const std::string& lines) { return parse_decisions(kSet + lines, HostileNames()); }
std::string mistake_in(const std::string& lines) {
  return message_of<Error>([&] { decided_labels(HostileNames(), parse(lines)); });
}
// The name of each image: "ada ada bob", with "-" for those that are left out.
std::vector<std::string> labels_after(const std::string& lines) {
  const NewLabels labels = decided_labels(HostileNames(), parse(lines));
  std::vector<std::string> names;
  for (const int64_t name : labels.name_of_image) {
    names.push_back(name < 0 ? "-" : labels.names[static_cast<size_t>(name)]);
  }
  return names;
}
using Names = std::vector<std::string>;
const std::string kBob = HostileNames::kBob;

LabelFaults some_faults() {
  LabelFaults faults;
  faults.faults = {{.kind = FaultKind::kWrongLabel,
                    .action = ActionKind::kRelabel,
                    .person = 0,
                    .row = 0,
                    .score = 0.1,
                    .threshold = 0.3,
                    .other_person = 1,
                    .other_score = 0.8},
                   {.kind = FaultKind::kWrongLabel,
                    .action = ActionKind::kDrop,
                    .person = 0,
                    .row = 1,
                    .score = 0.2,
                    .threshold = 0.3,
                    .other_person = 2,
                    .other_score = 0.1},
                   {.kind = FaultKind::kTwoPeople,
                    .action = ActionKind::kSplit,
                    .person = 2,
                    .row = 4,
                    .score = 0,
                    .threshold = 0.3,
                    .group = 2},
                   {.kind = FaultKind::kDuplicate,
                    .action = ActionKind::kDrop,
                    .person = 1,
                    .row = 3,
                    .score = 1,
                    .threshold = 0.9,
                    .other_person = 1,
                    .other_row = 2},
                   {.kind = FaultKind::kSamePerson,
                    .action = ActionKind::kMerge,
                    .person = 3,
                    .score = 0.9,
                    .threshold = 0.6,
                    .other_person = 0,
                    .other_score = 0.9},
                   {.kind = FaultKind::kTestPerson,
                    .action = ActionKind::kKeep,
                    .person = 1,
                    .score = 0.7,
                    .threshold = 0.6,
                    .other_person = 0,
                    .other_score = 0.7}};
  return faults;
}

// Rows without image 4, which could not be read.
const std::vector<ImageIndex> kImages = {0, 1, 2, 3, 5, 6};

TEST(Decisions, AnyNamesSurvive) {
  const HostileNames dataset;
  const std::string text = decisions_text(dataset, some_faults(), kImages, {"=test, \"person\""});
  const auto decisions = parse_decisions(text, dataset);
  ASSERT_EQ(decisions.size(), 6u) << text;
  EXPECT_EQ(decisions[0].action, ActionKind::kRelabel);
  EXPECT_EQ(decisions[0].target, kBob);
  EXPECT_EQ(decisions[0].image, 0);
  EXPECT_EQ(decisions[2].action, ActionKind::kSplit);
  EXPECT_EQ(decisions[2].target, "cyd~3") << "the set has a person cyd~2";
  EXPECT_EQ(decisions[2].image, 5);
  EXPECT_EQ(decisions[3].image, 3) << "the second of two images of this name";
  EXPECT_EQ(decisions[4].action, ActionKind::kMerge);
  EXPECT_EQ(decisions[4].image, -1);
  EXPECT_EQ(decisions[5].action, ActionKind::kKeep);
  const NewLabels labels = decided_labels(dataset, decisions);
  EXPECT_EQ(labels.name_of_image, std::vector<int64_t>({1, -1, 1, -1, 1, 4, 0}));
}

TEST(Decisions, SurviveASpreadsheet) {
  // A byte order mark, Windows line endings, semicolons, quoted comments, empty fields at the end, moved columns.
  const std::string text =
      "\xEF\xBB\xBF\"# massface decisions 1\";;;\r\n\"# set 0000000000000007 0000000000000000 with 7, images\";;;\r\n"
      "person;image;action;score\r\nada;\"1,a.jpg\";drop;0,25\r\n;;;\r\ncyd;;drop;\r\n";
  const auto decisions = parse_decisions(text, HostileNames());
  ASSERT_EQ(decisions.size(), 2u);
  EXPECT_EQ(decisions[0].image, 0);
  EXPECT_EQ(decisions[1].person, 2);
  EXPECT_EQ(decisions[1].line, 6);
}

TEST(Decisions, MoveImagesAndPeople) {
  EXPECT_EQ(labels_after(""), Names({"ada", "ada", kBob, kBob, kBob, "cyd", "cyd~2"}));
  // An image's own action comes first; people are merged along chains; new people collect their images.
  EXPECT_EQ(labels_after("merge:cyd,ada,,\nmerge:cyd~2,cyd,,\nrelabel:ada,cyd~2,9.jpg,\ndrop,ada,2.jpg,\n"
                         "split:new," +
                         std::string(kQuotedBob) + ",1.jpg,3\nsplit:new," + kQuotedBob + ",3.jpg,4\n"),
            Names({"cyd~2", "-", kBob, "new", "new", "cyd~2", "cyd~2"}));
  EXPECT_EQ(labels_after(std::string("drop,") + kQuotedBob + ",,\nrelabel:cyd," + kQuotedBob + ",3.jpg,\n"),
            Names({"ada", "ada", "-", "-", "cyd", "cyd", "cyd~2"}));
  // The same twice, and a line that keeps, do not contradict each other.
  EXPECT_EQ(labels_after("drop,cyd,1.jpg,\nkeep,cyd,1.jpg,\ndrop,cyd,1.jpg,\nkeep,cyd,,\n"),
            Names({"ada", "ada", kBob, kBob, kBob, "-", "cyd~2"}));
}

TEST(Decisions, RefuseContradictions) {
  EXPECT_EQ(mistake_in("drop,cyd,1.jpg,\nrelabel:ada,cyd,1.jpg,\n"),
            "lines 3 and 4 contradict each other: both change faces/1.jpg; set one of them to keep");
  EXPECT_EQ(mistake_in("merge:ada,cyd,,\nmerge:cyd~2,cyd,,\n"),
            "lines 3 and 4 contradict each other: both change cyd; set one of them to keep");
  EXPECT_EQ(mistake_in("drop,ada,,\nrelabel:ada,cyd,1.jpg,\n"),
            "line 4 moves an image to ada, whom line 3 drops; set one of them to keep");
  EXPECT_EQ(mistake_in("drop,ada,,\nmerge:ada,cyd,,\n"),
            "line 4 merges cyd into a person that is dropped by line 3; drop both, or set one of the lines to keep");
  EXPECT_EQ(mistake_in("merge:cyd,ada,,\nmerge:ada,cyd,,\n"), "line 3: the merge of ada leads back to the same person");
  EXPECT_EQ(mistake_in("merge:ada,ada,,\n"), "line 3: the merge of ada leads back to the same person");
}

TEST(Decisions, SayWhichLineIsWrong) {
  EXPECT_EQ(mistake_in("remove,ada,,\n"),
            "line 3: the action is \"remove\", expected keep, drop, relabel:NAME, split:NAME or merge:NAME");
  for (const char* action : {"relabel", "relabel:", "drop:ada", ""}) {
    EXPECT_NE(mistake_in(std::string("keep,ada,,\n") + action + ",ada,2.jpg,\n").find("line 4: the action is \""),
              std::string::npos)
        << action;
  }
  EXPECT_NE(mistake_in("drop,adam,,\n").find("line 3: the set has no person adam. If a spreadsheet"),
            std::string::npos);
  EXPECT_NE(mistake_in("drop,,1.jpg,\n").find("line 3: the set has no person without a name"), std::string::npos);
  EXPECT_EQ(mistake_in("drop,ada,7.jpg,\n"), "line 3: ada has no image 7.jpg");
  EXPECT_NE(mistake_in(std::string("drop,") + kQuotedBob + ",1.jpg,\n").find("has 2 images called 1.jpg"),
            std::string::npos);
  for (const char* index : {"0", "-1", "99999999999999999999", "1x", "5.0"}) {
    EXPECT_EQ(mistake_in(std::string("drop,cyd,1.jpg,") + index + "\n"),
              std::string("line 3: the index is ") + index + ", but cyd/1.jpg has the index 5");
  }
  EXPECT_EQ(mistake_in("relabel:eve,ada,2.jpg,\n"), "line 3: the set has no person eve; split:NAME makes a new one");
  EXPECT_EQ(mistake_in("split:cyd,ada,2.jpg,\n"),
            "line 3: the set has a person cyd already; split takes a new name, relabel one of the set");
  EXPECT_NE(mistake_in("relabel:cyd,ada,,\n").find("line 3: relabel and split are actions for an image"),
            std::string::npos);
  EXPECT_NE(mistake_in("merge:cyd,ada,2.jpg,\n").find("line 3: merge is the action for a person"), std::string::npos);
  EXPECT_NE(mistake_in("\"drop,ada\n").find("line 3: a field begins with a quote that is never closed"),
            std::string::npos);
}

struct DecisionsFile : TestingFolder {};

TEST_F(DecisionsFile, OfAnotherSetIsRefused) {
  const auto mistake = [&](const std::string& text) {
    return message_of<Error>([&] { read_decisions(write("d.csv", text), HostileNames()); });
  };
  EXPECT_EQ(mistake("# set 0000000000000008 0000000000000000\naction,person,image\n"),
            path("d.csv") +
                ": it belongs to another set: its fingerprint is 0000000000000008 0000000000000000, and that of this "
                "set is 0000000000000007 0000000000000000. Pass the set that was cleaned, joined from the same parts "
                "with the same --same-names");
  EXPECT_NE(mistake("action,person,image\n").find("do not say which set it belongs to"), std::string::npos);
  EXPECT_NE(mistake("").find("do not say which set it belongs to"), std::string::npos);
  EXPECT_NE(mistake("# set 0000000000000007 0000000000000000\n").find("no line that names its columns"),
            std::string::npos);
  EXPECT_NE(mistake("# set 0000000000000007 0000000000000000\naction,who\n").find("line 2: the first line that is no"),
            std::string::npos);
  EXPECT_THROW(read_decisions(path("none.csv"), HostileNames()), Error);
  EXPECT_THROW(read_decisions(write("d.csv", std::string("\x89PNG\r\n\x1a\n", 8)), HostileNames()), Error);
}

}  // namespace
}  // namespace massface
