#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "core/testing_places.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// The first column of the table in docs/architecture.md, from top to bottom.
std::vector<std::string> rooms_in_order(std::istream& architecture) {
  const std::regex row("^\\| `([a-z_]+)` \\|.*");
  std::vector<std::string> rooms;
  std::smatch match;
  for (std::string line; std::getline(architecture, line);) {
    if (std::regex_match(line, match, row)) rooms.push_back(match[1]);
  }
  return rooms;
}

// The modules that a source names in `#include "module/file.h"`.
std::vector<std::string> included_rooms(std::istream& source) {
  const std::regex include("^\\s*#\\s*include\\s*\"([^/\"]+)/[^\"]*\".*");
  std::vector<std::string> rooms;
  std::smatch match;
  for (std::string line; std::getline(source, line);) {
    if (std::regex_match(line, match, include)) rooms.push_back(match[1]);
  }
  return rooms;
}

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".cuh";
}

int64_t place_of(const std::vector<std::string>& rooms, const std::string& room) {
  const auto found = std::ranges::find(rooms, room);
  return found == rooms.end() ? -1 : found - rooms.begin();
}

struct RoomOrder : testing::Test {
  void SetUp() override {
    std::ifstream architecture(source_root() / "docs" / "architecture.md");
    ASSERT_TRUE(architecture) << source_root() << " contains no docs/architecture.md";
    rooms = rooms_in_order(architecture);
    ASSERT_GE(rooms.size(), 2u) << "docs/architecture.md contains no table of modules";
  }
  std::vector<std::string> rooms;
};

TEST_F(RoomOrder, HasEveryFolderOfSourcesInItsTable) {
  for (const auto& entry : fs::directory_iterator(source_root() / "src")) {
    if (!entry.is_directory()) continue;
    EXPECT_GE(place_of(rooms, entry.path().filename().string()), 0)
        << entry.path() << " is not a module in docs/architecture.md";
  }
}

// std::filesystem's lookups throw for a name of the user's that is too long, unless they are given an error code.
TEST_F(RoomOrder, LooksNoPathUpInAWayThatThrows) {
  const std::regex lookup(
      R"((fs|std::filesystem)::(exists|is_regular_file|is_directory)\([^(),;]*(\([^()]*\)[^(),;]*)*\))");
  for (const auto& entry : fs::recursive_directory_iterator(source_root() / "src")) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !is_source(entry.path()) || name.ends_with("_test.cpp")) continue;
    if (name.starts_with("testing_") || name == "files.cpp") continue;
    std::ifstream source(entry.path());
    for (std::string line; std::getline(source, line);) {
      if (line.find("status") != std::string::npos) continue;  // of a status that was looked up, nothing throws
      EXPECT_FALSE(std::regex_search(line, lookup)) << entry.path() << ": core/files.h has a lookup for\n" << line;
    }
  }
}

TEST_F(RoomOrder, LetsNoIncludePointDownTheTable) {
  int64_t includes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source_root() / "src")) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    const fs::path file = fs::relative(entry.path(), source_root() / "src");
    const std::string room = file.begin()->string();
    std::ifstream source(entry.path());
    for (const std::string& included : included_rooms(source)) {
      ++includes;
      EXPECT_GE(place_of(rooms, included), 0) << file << " includes " << included << "/, which is not a module";
      EXPECT_LE(place_of(rooms, included), place_of(rooms, room))
          << file << " includes " << included << "/, a module below its own in the table";
    }
  }
  EXPECT_GT(includes, 10) << "the includes were not found";
}

}  // namespace
}  // namespace massface
