#include "core/base64.h"

#include <gtest/gtest.h>

#include <string_view>

namespace massface {
namespace {

std::string encoded(std::string_view text) {
  return base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// The vectors of RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xff\xef\xbe"), "/+++");
}

TEST(Base64, IsDecodedAgain) {
  for (const std::string_view text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\xef\xbe"}) {
    const auto bytes = decode_base64(encoded(text));
    ASSERT_TRUE(bytes.has_value()) << text;
    EXPECT_EQ(std::string(bytes->begin(), bytes->end()), text);
  }
}

TEST(Base64, IsNoOtherText) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zg==Zg==", "=Zg=", "Zm9!", "Zh==", "Zm9=", "====", "Z==="}) {
    EXPECT_FALSE(decode_base64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace massface
