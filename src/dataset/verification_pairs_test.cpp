#include "dataset/verification_pairs.h"

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "dataset/overlap.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct VerificationPairsTest : TestingFolder {
  VerificationPairs read(const std::string& text) { return read_verification_pairs(write("pairs.txt", text)); }
  // The message from the file's name on, without the path before it.
  std::string error_of(const std::string& text) {
    const std::string message = message_of<Error>([&] { read(text); });
    const size_t at = message.find("pairs.txt");
    return at == std::string::npos ? message : message.substr(at);
  }
};

TEST_F(VerificationPairsTest, AreReadFromAListOfPaths) {
  for (const char* text : {"a/1.jpg a/2.jpg 1\nb/1.jpg a/2.jpg 0\n", "a/1.jpg\ta/2.jpg\t1\r\nb/1.jpg\ta/2.jpg\t0\r\n",
                           "file1,file2,same\na/1.jpg,a/2.jpg,1\n\"b/1.jpg\",a/2.jpg,0\n"}) {
    const auto result = read(text);
    ASSERT_EQ(result.pairs.size(), 2u) << text;
    EXPECT_EQ(result.pairs[0].first, "a/1.jpg");
    EXPECT_EQ(result.pairs[0].second, "a/2.jpg");
    EXPECT_TRUE(result.pairs[0].same);
    EXPECT_EQ(result.pairs[1].first, "b/1.jpg");
    EXPECT_FALSE(result.pairs[1].same);
    EXPECT_EQ(result.num_folds, 1);
  }
  EXPECT_EQ(read("\"x, \"\"y.jpg\",a/2.jpg,1\n").pairs[0].first, "x, \"y.jpg");
  EXPECT_NE(error_of("a/1.jpg a/2.jpg 1\nb/1.jpg a/2.jpg 2\n").find("pairs.txt:2: expected two paths"),
            std::string::npos);
  EXPECT_NE(error_of("a/1.jpg,a/2.jpg,1\nb/1.jpg,a/2.jpg\n").find("pairs.txt:2: expected two paths"),
            std::string::npos);
}

// Ten matched pairs, then ten mismatched ones: consecutive folds would have only one kind.
TEST_F(VerificationPairsTest, OfAListAreDealtOutToFolds) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += fmt::format("p/{}.jpg q/{}.jpg {}\n", i, i, i < 10 ? 1 : 0);
  const auto result = read(text);
  EXPECT_EQ(result.num_folds, 10);
  EXPECT_EQ(result.pairs[3].fold, 3);
  EXPECT_EQ(result.pairs[13].fold, 3);
}

TEST_F(VerificationPairsTest, AreReadFoldByFold) {
  const auto result = read("2 1\nada\t1\t2\nada\t3\tbob\t12345\nbob 1 3\ncyd 1 bob 2\n");
  ASSERT_EQ(result.pairs.size(), 4u);
  EXPECT_EQ(result.num_folds, 2);
  EXPECT_FALSE(result.is_lfw_view2);
  EXPECT_EQ(result.pairs[0].first, "ada/ada_0001.jpg");
  EXPECT_EQ(result.pairs[0].second, "ada/ada_0002.jpg");
  EXPECT_TRUE(result.pairs[0].same);
  EXPECT_EQ(result.pairs[0].fold, 0);
  EXPECT_EQ(result.pairs[1].first, "ada/ada_0003.jpg");
  EXPECT_EQ(result.pairs[1].second, "bob/bob_12345.jpg");
  EXPECT_FALSE(result.pairs[1].same);
  EXPECT_EQ(result.pairs[1].fold, 0);
  EXPECT_TRUE(result.pairs[2].same);
  EXPECT_EQ(result.pairs[2].fold, 1);
  EXPECT_FALSE(result.pairs[3].same);
  EXPECT_EQ(result.pairs[3].fold, 1);
}

TEST_F(VerificationPairsTest, MayHaveWindowsLineEndsAndEmptyLines) {
  const auto result = read(
      "\xEF\xBB\xBF"
      "1 1\r\nada\t1\t2\r\n\r\nada\t1\tbob\t1");
  ASSERT_EQ(result.pairs.size(), 2u);
  EXPECT_EQ(result.pairs[0].second, "ada/ada_0002.jpg");
  EXPECT_EQ(result.pairs[1].second, "bob/bob_0001.jpg");
}

TEST_F(VerificationPairsTest, MayHaveNamesWithSpacesBetweenTabs) {
  const auto result = read("1\t1\nAaron Eckhart\t1\t2\nAaron Eckhart\t1\tBob  B.\t3\n");
  EXPECT_EQ(result.pairs[0].first, "Aaron Eckhart/Aaron Eckhart_0001.jpg");
  EXPECT_EQ(result.pairs[1].second, "Bob  B./Bob  B._0003.jpg");
  EXPECT_EQ(read("1 1\nada\t1 2\nada 1\tbob 1\n").pairs[1].second, "bob/bob_0001.jpg") << "both, without such names";
}

TEST_F(VerificationPairsTest, WithOneNumberInTheHeaderAreOneFold) {
  const auto result = read("1\nada 1 2\nada 1 bob 1\n");
  EXPECT_EQ(result.num_folds, 1);
  EXPECT_EQ(result.pairs[1].fold, 0);
}

TEST_F(VerificationPairsTest, WithoutAHeaderAreRefused) {
  const std::string expected = "Expected `FOLDS PAIRS`, such as `10 300`, or `PAIRS` for one fold";
  EXPECT_EQ(error_of("\nada\t1\t4\n"),
            "pairs.txt:2: the header is missing: the file begins with the pair \"ada\\t1\\t4\". " + expected);
  EXPECT_EQ(error_of("ten 300\n"), "pairs.txt:1: \"ten 300\" is not a header. " + expected);
  EXPECT_EQ(error_of("10 0\n"), "pairs.txt:1: \"10 0\" is not a header. " + expected);
  EXPECT_EQ(error_of("4000000000 4000000000\n"), "pairs.txt:1: \"4000000000 4000000000\" is not a header. " + expected);
  EXPECT_EQ(error_of(std::string("\0\0", 2)),
            "pairs.txt is not a file of pairs: it contains bytes that are not text. Expected a header, `FOLDS PAIRS`, "
            "and lines of pairs");
  EXPECT_EQ(error_of(" \n"), "pairs.txt is empty. Expected a header, `FOLDS PAIRS`, and lines of pairs");
}

TEST_F(VerificationPairsTest, OfAnotherShapeAreRefusedWithTheLine) {
  EXPECT_EQ(error_of("1 1\nada 1 bob 2\nada 1 2\n"),
            "pairs.txt:2: expected a matched pair, `NAME n m`, found \"ada 1 bob 2\"");
  EXPECT_EQ(error_of("1 1\nada 1 2\nada 1 2\n"),
            "pairs.txt:3: expected a mismatched pair, `NAME1 n NAME2 m`, found \"ada 1 2\"");
  EXPECT_EQ(error_of("1 1\nada 1 two\nada 1 bob 2\n"),
            "pairs.txt:2: \"two\" is not an image number; images are counted from 1");
  EXPECT_EQ(error_of("1 1\nada 1 2\nada 0 bob 2\n"),
            "pairs.txt:3: \"0\" is not an image number; images are counted from 1");
  EXPECT_EQ(error_of("1 1\nada 1 2\nada 1 ada 2\n"), "pairs.txt:3: a mismatched pair of one person, ada");
}

TEST_F(VerificationPairsTest, FewerOrMoreThanTheHeaderSaysAreRefused) {
  EXPECT_EQ(error_of("2 1\nada 1 2\nada 1 bob 1\nbob 1 2\n"),
            "pairs.txt:4: the file ends after 3 pairs, but the header announces 2 folds of 1 matched and 1 mismatched "
            "pairs: 4");
  EXPECT_EQ(error_of("1 1\nada 1 2\nada 1 bob 1\nbob 1 2\n"),
            "pairs.txt:4: more pairs than the header's 1 folds of 1 matched and 1 mismatched pairs");
}

TEST_F(VerificationPairsTest, ThatOnlyHaveTheNumbersOfLfwAreNotLfw) {
  std::string text = "10 300\n";
  for (int fold = 0; fold < 10; ++fold) {
    for (int i = 0; i < 300; ++i) text += fmt::format("p{} 1 2\n", i);
    for (int i = 0; i < 300; ++i) text += fmt::format("p{} 1 q 2\n", i);
  }
  const auto result = read(text);
  EXPECT_EQ(result.pairs.size(), 6000u);
  EXPECT_FALSE(result.is_lfw_view2);
}

TEST_F(VerificationPairsTest, OfTheOfficialFileAreLfw) {
  const fs::path data = testing_data();
  if (!fs::exists(data / "pairs.txt")) GTEST_SKIP() << "no pairs.txt in " << data << " (set MASSFACE_DATA)";
  const auto result = read_verification_pairs(data / "pairs.txt");
  EXPECT_EQ(result.num_folds, 10);
  EXPECT_EQ(result.pairs.size(), 6000u);
  EXPECT_TRUE(result.is_lfw_view2);
  EXPECT_EQ(result.pairs[0].first, "Abel_Pacheco/Abel_Pacheco_0001.jpg");

  std::string changed = read_text_file(data / "pairs.txt");
  changed.replace(changed.find("Abel_Pacheco\t1\t4"), 16, "Abel_Pacheco\t1\t3");
  EXPECT_FALSE(read(changed).is_lfw_view2);
}

TEST_F(VerificationPairsTest, AreComparedWithATrainingSetByThePeoplesNames) {
  for (const char* file : {"faces/ada/1.jpg", "faces/bob/1.jpg", "faces/eve/1.jpg"}) write(file);
  const auto pairs = read("1 1\nbob 1 2\ncyd 1 ada 1\n");
  EXPECT_EQ(overlapping_identities(*open_dataset(path("faces")), pairs), (std::vector<std::string>{"ada", "bob"}));
}

}  // namespace
}  // namespace massface
