#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/flags.h"
#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct PackVerb : TestingFolder {
  PackVerb() {
    for (const char* name : {"faces/ada/1.jpg", "faces/ada/2.jpg", "faces/bob/1.jpg"}) {
      const auto jpeg = encode_jpeg({.height = 4, .width = 6, .pixels = std::vector<uint8_t>(72, 90)}, 90);
      write(name, std::string(jpeg.begin(), jpeg.end()));
    }
  }
  std::string pack(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "pack");
    return verb_output(add_pack_verb, std::move(arguments));
  }
  std::string unpack(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "unpack");
    return verb_output(add_unpack_verb, std::move(arguments));
  }
  std::string inspect(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    return verb_output(add_inspect_verb, std::move(arguments));
  }
  std::string error_of(std::vector<std::string> arguments) {
    return message_of<Error>([&] { pack(std::move(arguments)); });
  }
};

TEST_F(PackVerb, PrintsOneJsonObject) {
  const Json json = Json::parse(pack({path("faces"), path("set.mfp"), "--json"}));
  EXPECT_EQ(json["files"], Json({path("set.mfp")}));
  EXPECT_EQ(json["identities"], 2);
  EXPECT_EQ(json["images"], 3);
  EXPECT_EQ(json["bytes"], fs::file_size(path("set.mfp")));
  EXPECT_EQ(json["decoded"], false);
  EXPECT_EQ(json["left_out_images"], 0);
  EXPECT_GE(json["seconds"], 0.0);
  const Json inspected = Json::parse(inspect({path("set.mfp"), "--json"}));
  EXPECT_EQ(inspected["fingerprint"], json["fingerprint"]);
  EXPECT_EQ(inspected["fingerprint"], Json::parse(inspect({path("faces"), "--json"}))["fingerprint"]);
  EXPECT_EQ(inspected["jpeg_images"], 3);
  EXPECT_EQ(inspected["damaged_parts"], Json::array());
  const Json back = Json::parse(unpack({path("set.mfp"), path("back"), "--json"}));
  EXPECT_EQ(back["images"], 3);
  EXPECT_EQ(back["renamed"], 0);
  EXPECT_EQ(read_file(path("back/bob/1.jpg")), read_file(path("faces/bob/1.jpg")));
}

TEST_F(PackVerb, PrintsATableForPeople) {
  const std::string printed = pack({path("faces"), path("set.mfp"), "--decode", "--shard-size", "1k"});
  EXPECT_NE(printed.find("3 images of 2 identities"), std::string::npos) << printed;
  const std::string table = inspect({path("set.mfp")});
  EXPECT_NE(table.find("decoded               3\n"), std::string::npos) << table;
  EXPECT_NE(unpack({path("set.mfp"), path("back")}).find("3 images of 2 identities"), std::string::npos);
}

TEST_F(PackVerb, ListsWhatItLeavesOut) {
  write("faces/bob/2.jpg", "text");
  const Json json = Json::parse(pack({path("faces"), path("set.mfp"), "--max-bad-fraction", "0.5", "--json"}));
  EXPECT_EQ(json["left_out_images"], 1);
  EXPECT_EQ(json["left_out"][0]["image"], path("faces/bob/2.jpg"));
  EXPECT_EQ(read_text_file(path("set.bad_images.txt")),
            path("faces/bob/2.jpg") + ": not a JPEG, PNG or WebP (first bytes 74 65 78 74)\n");
}

TEST_F(PackVerb, DoesNotOverwriteAnEarlierListOfWhatWasLeftOut) {
  write("faces/bob/2.jpg", "text");
  write("set.bad_images.txt", "precious");
  EXPECT_EQ(error_of({path("faces"), path("set.mfp"), "--max-bad-fraction", "0.5"}),
            path("set.bad_images.txt") +
                " already exists, and images that are left out would be listed there. Move it away, or choose another "
                "name");
  EXPECT_FALSE(fs::exists(path("set.mfp")));
  write("back.bad_images.txt", "precious");
  EXPECT_NE(message_of<Error>([&] {
              unpack({path("faces"), path("back"), "--max-bad-fraction", "0.5"});
            }).find("back.bad_images.txt already exists"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(path("back")));
  EXPECT_EQ(read_text_file(path("set.bad_images.txt")), "precious");
  EXPECT_EQ(read_text_file(path("back.bad_images.txt")), "precious");
}

TEST_F(PackVerb, SaysWhatIsMissingOrInTheWay) {
  EXPECT_EQ(error_of({}), "pack needs a face set and a packed set to create: massface pack FACES SET.mfp");
  EXPECT_EQ(error_of({path("faces"), path("set")}),
            path("set") + ": a packed set's name ends in .mfp, such as " + path("set") + ".mfp");
  EXPECT_NE(error_of({path("none"), path("set.mfp")}).find("there is no dataset " + path("none")), std::string::npos);
  EXPECT_NE(error_of({path("faces"), path("none/set.mfp")}).find("cannot write into the folder " + path("none")),
            std::string::npos);
  write("set.mfp", "precious");
  EXPECT_EQ(error_of({path("faces"), path("set.mfp")}),
            path("set.mfp") + " already exists. Remove it, or choose another name");
  EXPECT_EQ(message_of<Error>([&] { unpack({path("set.mfp")}); }),
            "unpack needs a packed set and a folder to create: massface unpack SET.mfp DIR");
  EXPECT_NE(message_of<Error>([&] {
              unpack({path("set.mfp"), path("back")});
            }).find("not a packed set (first bytes"),
            std::string::npos);
}

TEST_F(PackVerb, DamageEndsAnInspectionWithOneAndItsPlace) {
  pack({path("faces"), path("set.mfp")});
  auto bytes = read_file(path("set.mfp"));
  bytes[300] ^= 4;
  write("set.mfp", std::string(bytes.begin(), bytes.end()));
  const ProgramResult result = run_massface("inspect " + path("set.mfp") + " --json");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.standard_error.find("is damaged in 1 places; the first: " + path("set.mfp") +
                                       ": one of the bytes 256 to "),
            std::string::npos)
      << result.standard_error;
  const Json json = Json::parse(result.standard_output);
  EXPECT_EQ(json["damaged_parts"][0]["first_byte"], 256);
  EXPECT_EQ(json["damaged_parts"][0]["what"], "image 0 (ada/1.jpg)");
  EXPECT_EQ(json["unreadable_images"], 1);
}

}  // namespace
}  // namespace massface
