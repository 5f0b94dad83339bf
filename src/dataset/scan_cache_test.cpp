#include "dataset/scan_cache.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "core/files.h"
#include "core/hash.h"
#include "core/testing_folder.h"
#include "dataset/dataset.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Sets environment variables and restores them at the end.
class Environment {
 public:
  void set(const char* name, const char* value) {
    const char* old = std::getenv(name);
    if (old != nullptr) old_.emplace(name, old);
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
    changed_.push_back(name);
  }
  ~Environment() {
    for (const char* name : changed_) {
      const auto old = old_.find(name);
      old == old_.end() ? ::unsetenv(name) : ::setenv(name, old->second.c_str(), 1);
    }
  }

 private:
  std::map<std::string, std::string> old_;
  std::vector<const char*> changed_;
};

struct ScanCacheTest : TestingFolder {
  fs::path cache = folder_ / "cache" / "scan";
  const FolderScan scan{.identities = {{"ada", {11, 12, 13}, {"1.jpg", "\xff.png"}, 2, 3}, {"bob", {}, {}, 0, 0}}};
};

TEST_F(ScanCacheTest, GivesBackWhatWasKept) {
  store_scan(cache, folder_, scan);
  const FolderScan loaded = load_scan(cache, folder_);
  ASSERT_EQ(loaded.identities.size(), 2u);
  EXPECT_EQ(loaded.identities[0].name, "ada");
  EXPECT_EQ(loaded.identities[0].stamp, (FolderStamp{11, 12, 13}));
  EXPECT_EQ(loaded.identities[0].images, (std::vector<std::string>{"1.jpg", "\xff.png"}));
  EXPECT_EQ(loaded.identities[0].other_files, 2);
  EXPECT_EQ(loaded.identities[0].nested_folders, 3);
  EXPECT_EQ(loaded.identities[1].name, "bob");
}

TEST_F(ScanCacheTest, IsEmptyWhereThereIsNone) { EXPECT_TRUE(load_scan(cache, folder_).identities.empty()); }

TEST_F(ScanCacheTest, IsEmptyForAnotherRoot) {
  store_scan(cache, folder_, scan);
  EXPECT_TRUE(load_scan(cache, folder_ / "other").identities.empty());
}

TEST_F(ScanCacheTest, IgnoresADamagedFile) {
  store_scan(cache, folder_, scan);
  const std::string whole = read_text_file(cache);
  for (size_t length = 0; length < whole.size(); ++length) {
    write("cache/scan", whole.substr(0, length));
    ASSERT_TRUE(load_scan(cache, folder_).identities.empty()) << "cut to " << length;
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 1;
    write("cache/scan", damaged);
    ASSERT_TRUE(load_scan(cache, folder_).identities.empty()) << "a bit of byte " << i;
  }
}

TEST_F(ScanCacheTest, IgnoresAFileThatIsWholeButOfAnotherForm) {
  const std::string root = fs::weakly_canonical(folder_).native();
  for (const std::string& body : {std::string("2"), std::string("x\0", 2), std::string("99999999999\0", 12),
                                  std::string("1\0ada\0", 6), std::string("1\0ada\0x\0", 8)}) {
    const std::string text = std::string("massface scan 2\0", 16) + root + '\0' + body;
    write("cache/scan", text + hex(hash64(text)));
    EXPECT_TRUE(load_scan(cache, folder_).identities.empty()) << printable(body);
  }
}

TEST_F(ScanCacheTest, IsSkippedSilentlyWhereItCannotBeWritten) {
  write("file");
  EXPECT_NO_THROW(store_scan(folder_ / "file" / "scan", folder_, scan));
}

TEST_F(ScanCacheTest, LivesInTheUsersCacheFolder) {
  Environment environment;
  environment.set("HOME", "/home/ada");
  environment.set("XDG_CACHE_HOME", "/cache");
  const auto path = scan_cache_path("/faces");
  EXPECT_EQ(path->parent_path(), "/cache/massface");
  EXPECT_EQ(path, scan_cache_path("/faces/../faces"));
  EXPECT_NE(path, scan_cache_path("/other"));
  environment.set("XDG_CACHE_HOME", "relative");  // to be ignored according to the XDG specification
  EXPECT_EQ(scan_cache_path("/faces")->parent_path(), "/home/ada/.cache/massface");
  environment.set("XDG_CACHE_HOME", nullptr);
  environment.set("HOME", nullptr);
  EXPECT_EQ(scan_cache_path("/faces"), std::nullopt);
}

TEST_F(ScanCacheTest, KeepsScansOfLargeSetsAndNoticesNewFiles) {
  Environment environment;
  environment.set("XDG_CACHE_HOME", path("cache").c_str());
  for (int i = 0; i < 5000; ++i) write(fmt::format("faces/{}/{}.jpg", i % 10, i));
  EXPECT_EQ(open_dataset(path("faces"), /*use_cache=*/false)->size(), 5000);
  EXPECT_FALSE(fs::exists(path("cache")));
  const uint64_t fingerprint = open_dataset(path("faces"))->fingerprint();
  EXPECT_TRUE(fs::exists(*scan_cache_path(path("faces"))));
  EXPECT_EQ(open_dataset(path("faces"))->fingerprint(), fingerprint);
  write("faces/3/new.jpg");
  EXPECT_EQ(open_dataset(path("faces"))->size(), 5001);
}

}  // namespace
}  // namespace massface
