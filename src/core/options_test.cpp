#include "core/options.h"

#include <gtest/gtest.h>

#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/options_toml.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

struct Sample {
  int64_t epochs = 6;
  double margin = 0.2;
  bool flip = true;
  std::string optimizer = "sgd";
  std::string path;

  void describe(OptionTable& table) {
    table.add("path", path, "Where.");
    table.group("softmax", [&] {
      table.add("epochs", epochs, {.min = 1}, "How many.");
      table.add("margin", margin, {.min = 0, .max = 4}, "How far.");
      table.add("flip", flip, "Mirror.");
      table.add_choice("optimizer", optimizer, {"sgd", "adam"}, "Which.");
    });
  }
};

struct OptionTableTest : testing::Test {
  OptionTableTest() { sample.describe(table); }
  Sample sample;
  OptionTable table;
};

TEST_F(OptionTableTest, StoresWhatItIsTold) {
  table.set_from_text("softmax.epochs", "3", "the command line");
  table.set_from_text("softmax.margin", "1", "the command line");
  table.set_from_text("softmax.flip", "false", "the command line");
  table.set_from_text("softmax.optimizer", "adam", "the command line");
  EXPECT_EQ(sample.epochs, 3);
  EXPECT_EQ(sample.margin, 1.0);
  EXPECT_FALSE(sample.flip);
  EXPECT_EQ(sample.optimizer, "adam");
}

TEST_F(OptionTableTest, NamesTheNearestKnownOptionForATypo) {
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.epoch", "3", "r.toml:7"); }),
            "r.toml:7: unknown option 'softmax.epoch'; did you mean 'softmax.epochs'?");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("margin", "3", "r.toml:7"); }),
            "r.toml:7: unknown option 'margin'; did you mean 'softmax.margin'?");
  EXPECT_EQ(nearest_names("t.strategy", {"t.steps", "t.mining.strategy", "s.mining.strategy"}),
            (std::vector<std::string>{"t.mining.strategy"}));
  EXPECT_EQ(nearest_names("batch.size", {"a.batch.size", "a.batch.sub_batch", "b.batch.size"}),
            (std::vector<std::string>{"a.batch.size", "b.batch.size"}));
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("zzzzzzzzz", "3", "r.toml:7"); }),
            "r.toml:7: unknown option 'zzzzzzzzz'; docs/options.md lists all");
}

TEST_F(OptionTableTest, RefusesAValueOutOfRangeAndKeepsTheOldOne) {
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.margin", "-1", "x"); }),
            "x: softmax.margin must be 0 to 4, got -1.0");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.margin", "4.5", "x"); }),
            "x: softmax.margin must be 0 to 4, got 4.5");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.epochs", "0", "x"); }),
            "x: softmax.epochs must be at least 1, got 0");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.margin", "nan", "x"); }),
            "x: softmax.margin must be 0 to 4, got nan");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.optimizer", "sdg", "x"); }),
            "x: softmax.optimizer must be one of sgd, adam, got \"sdg\"; did you mean \"sgd\"?");
  EXPECT_EQ(sample.margin, 0.2);
}

TEST_F(OptionTableTest, RefusesAWrongType) {
  EXPECT_EQ(message_of<Error>([&] { table.set("softmax.epochs", 2.5, "r.toml:3"); }),
            "r.toml:3: softmax.epochs needs a whole number, got 2.5");
  EXPECT_EQ(message_of<Error>([&] { table.set("softmax.epochs", std::string("3"), "r.toml:3"); }),
            "r.toml:3: softmax.epochs needs a whole number, got \"3\"");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.margin", "0.2abc", "x"); }),
            "x: softmax.margin needs a number, got '0.2abc'");
  EXPECT_EQ(message_of<Error>([&] { table.set_from_text("softmax.flip", "yes", "x"); }),
            "x: softmax.flip needs true or false, got 'yes'");
}

std::filesystem::path write_recipe(const std::string& content) {
  const auto path = std::filesystem::path(testing::TempDir()) / "massface_options_test.toml";
  write_file_atomically(path, content);
  return path;
}

TEST(RecipeText, PutsAPhasesOptionsUnderItsName) {
  const auto text =
      read_recipe_text(write_recipe("seed = 1\n[dataset]\npath = \"d\"\n[[phase]]\nname = \"a\"\nx.y = 2\n"));
  ASSERT_EQ(text.assignments.size(), 3u);
  EXPECT_EQ(text.phase_names, std::vector<std::string>{"a"});
  EXPECT_EQ(text.assignments[2].name, "a.x.y");
  EXPECT_EQ(text.assignments[2].where.substr(text.assignments[2].where.rfind(':')), ":6");
}

TEST(RecipeText, NamesFileAndLineOfAMistake) {
  EXPECT_NE(message_of<Error>([] {
              read_recipe_text(write_recipe("seed = 1\n[[phase]]\nepochs = 2\n"));
            }).find(".toml:2: a [[phase]] needs a name"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([] {
              read_recipe_text(write_recipe("[[phase]]\nname='a'\n[[phase]]\nname='a'\n"));
            }).find("two phases are named \"a\""),
            std::string::npos);
  EXPECT_NE(message_of<Error>([] { read_recipe_text(write_recipe("seed = \n")); }).find(".toml:1: "),
            std::string::npos);
  EXPECT_NE(message_of<Error>([] { read_recipe_text(write_recipe("seed = [1]\n")); }).find("is a list or a date"),
            std::string::npos);
}

std::string repeated(std::string_view text, int times) {
  std::string whole;
  for (int i = 0; i < times; ++i) whole += text;
  return whole;
}

TEST(RecipeText, RefusesWhatWouldExhaustTheStackOrTakeMinutes) {
  const auto complaint = [](const std::string& text) {
    return message_of<Error>([&] { read_recipe_text(write_recipe(text)); });
  };
  EXPECT_TRUE(has(complaint("seed = 1\n" + repeated("a.", 100'000) + "a = 1\n"), ".toml:2: not a recipe: it has more"));
  EXPECT_TRUE(has(complaint("[" + repeated("a.", 100'000) + "a]\n"), "more than 5000 dots"));
  EXPECT_TRUE(has(complaint("x = " + repeated("[", 100'000)), ".toml:1: "));
  EXPECT_TRUE(has(complaint("x = " + repeated("{a=", 100'000)), ".toml:1: "));
  EXPECT_TRUE(has(complaint(repeated("a", 1'000'001)), "not a recipe: it has 1000001 bytes (at most 1000000)"));
  std::string phases;
  for (int i = 0; i <= 1000; ++i) phases += fmt::format("[[phase]]\nname = \"p{}\"\n", i);
  EXPECT_TRUE(has(complaint(phases), ".toml:2001: more than 1000 phases"));
  EXPECT_EQ(complaint("# " + repeated(".", 6000) + "\npath = \"" + repeated("a.mfp:", 500) + "\"\n"), "");
  EXPECT_TRUE(has(complaint(repeated("a.", 4999) + "a = 1\n"), ".toml:1: a name of more than 16 parts"));
  EXPECT_EQ(complaint(repeated("a.", 15) + "a = 1\n"), "");
}

// A phase of the recipe has the options of the base's phase of that name; the base's other phases are left out.
TEST(RecipeText, StandsOnItsBase) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "shared");
  const auto write = [&](const std::string& name, const std::string& text) {
    write_file_atomically(folder / name, text);
    return folder / name;
  };
  write("shared/base.toml",
        "seed = 1\n[dataset]\npath = 'a'\n[[phase]]\nname = 'one'\nsteps = 5\n[[phase]]\nname = 'two'\nsteps = 6\nx = "
        "7\n");
  const auto said = [](const RecipeText& text) {
    std::map<std::string, std::string> values;
    for (const auto& assignment : text.assignments) values[assignment.name] = to_toml(assignment.value);
    return values;
  };
  const RecipeText all = read_recipe_text(write("all.toml", "base = 'shared/base.toml'\nseed = 2\n"));
  EXPECT_EQ(all.phase_names, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(said(all),
            (std::map<std::string, std::string>{
                {"seed", "2"}, {"dataset.path", "\"a\""}, {"one.steps", "5"}, {"two.steps", "6"}, {"two.x", "7"}}));
  const RecipeText some = read_recipe_text(
      write("some.toml", "base = 'all.toml'\n[[phase]]\nname = 'new'\n[[phase]]\nname = 'two'\nsteps = 8\n"));
  EXPECT_EQ(some.phase_names, (std::vector<std::string>{"new", "two"}));
  EXPECT_EQ(said(some), (std::map<std::string, std::string>{
                            {"seed", "2"}, {"dataset.path", "\"a\""}, {"two.steps", "8"}, {"two.x", "7"}}));

  const auto complaint = [](const std::filesystem::path& path) {
    return message_of<Error>([&] { read_recipe_text(path); });
  };
  EXPECT_NE(complaint(write("self.toml", "base = 'self.toml'\n")).find("is one its own base?"), std::string::npos);
  EXPECT_NE(complaint(write("lost.toml", "base = 'nope.toml'\n")).find("nope.toml"), std::string::npos);
  const std::string too_long(300, 'x');  // was an exception of std::filesystem
  EXPECT_NE(complaint(write("long.toml", "base = '" + too_long + "'\n")).find("there is no recipe"), std::string::npos);
  EXPECT_NE(complaint(write("number.toml", "base = 3\n")).find("number.toml:1: base is the path"), std::string::npos);
  EXPECT_NE(message_of<Error>([] { parse_recipe_text("base = 'a.toml'", "a text"); }).find("a text: base"),
            std::string::npos);
}

TEST(RecipeText, PutsEachVerificationUnderItsName) {
  const auto text = parse_recipe_text(
      "[[verification]]\nname = 'lfw'\npairs = 'p'\n[[verification]]\nname = 'more'\n[[phase]]\nname = 'lfw'\n", "r");
  EXPECT_EQ(text.verification_names, (std::vector<std::string>{"lfw", "more"}));
  EXPECT_EQ(text.phase_names, std::vector<std::string>{"lfw"});
  ASSERT_EQ(text.assignments.size(), 1u);
  EXPECT_EQ(text.assignments[0].name, "verification.lfw.pairs");
  const auto complaint = [](const std::string& content) {
    return message_of<Error>([&] { parse_recipe_text(content, "r"); });
  };
  EXPECT_EQ(complaint("[[verification]]\npairs = 'p'\n"),
            "r:1: a [[verification]] needs a name, such as name = \"lfw\"");
  EXPECT_EQ(complaint("[verification]\npairs = 'p'\n"),
            "r:1: verifications are written as [[verification]], with two brackets");
  EXPECT_EQ(complaint("[[pipeline]]\n"),
            "r:1: [[pipeline]] is not known; only [[phase]] and [[verification]] may be repeated");
}

TEST_F(OptionTableTest, IsReadBackFromWhatItWrites) {
  sample.path = "a \"quoted\"\\ path";
  sample.margin = 0.1 + 0.2;
  const auto text = read_recipe_text(write_recipe(write_recipe_text(table, {"softmax"})));
  Sample other;
  OptionTable other_table;
  other.describe(other_table);
  for (const auto& a : text.assignments) other_table.set(a.name, a.value, a.where);
  EXPECT_EQ(other.path, sample.path);
  EXPECT_EQ(other.margin, sample.margin);
  EXPECT_EQ(text.phase_names, std::vector<std::string>{"softmax"});
}

}  // namespace
}  // namespace massface
