#include "train/run_conditions.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

using Conditions = std::map<std::string, std::string>;

TEST(RunConditions, NameTheOptionThatRestoresTheThreads) {
  const Conditions before{{"binary", "a"}, {"threads", "1"}};
  const auto refusal = [&](const Conditions& now) {
    return message_of<Error>([&] { require_same_conditions(before, now, false); });
  };
  EXPECT_EQ(refusal(before), "");
  EXPECT_EQ(refusal({{"binary", "a"}, {"threads", "32"}}),
            "the checkpoint cannot be continued bit-exactly:\n  threads: 1 when it was written, 32 now\nPass threads=1 "
            "to continue bit-exactly, or --allow-inexact-resume to continue with another number of threads");
  EXPECT_EQ(
      refusal({{"binary", "b"}, {"threads", "32"}}),
      "the checkpoint cannot be continued bit-exactly:\n  binary: a when it was written, b now\n  threads: 1 when "
      "it was written, 32 now\nPass --allow-inexact-resume to continue all the same");
  require_same_conditions(before, {{"binary", "b"}, {"threads", "32"}}, true);
}

}  // namespace
}  // namespace massface
