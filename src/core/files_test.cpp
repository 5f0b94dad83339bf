#include "core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "core/mapped_file.h"
#include "core/testing_flushes.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct FilesTest : testing::Test {
  FilesTest() : folder(fs::path(testing::TempDir()) / "massface_files_test") {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~FilesTest() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(FilesTest, WrittenBytesAreReadBack) {
  write_file_atomically(folder / "a", std::string_view("one\0two", 7));
  EXPECT_EQ(read_text_file(folder / "a"), std::string("one\0two", 7));
  EXPECT_FALSE(fs::exists(folder / "a.partial"));
}

TEST_F(FilesTest, AFailedWriteLeavesTheOldFile) {
  write_file_atomically(folder / "a", "old");
  fs::create_directory(folder / "a.partial");  // so the temporary file cannot be created
  EXPECT_THROW(write_file_atomically(folder / "a", "new"), Failure);
  EXPECT_EQ(read_text_file(folder / "a"), "old");
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST_F(FilesTest, ALargeFileIsAppendedToAndOverwrittenAndAppearsAtTheEnd) {
  const std::string large(5 << 20, 'x');  // more than is buffered in memory
  AtomicFile file(folder / "a");
  file.append(bytes_of("head"));
  file.append(bytes_of(large));
  file.append(bytes_of("tail"));
  file.overwrite(1, bytes_of("EA"));
  EXPECT_EQ(file.size(), large.size() + 8);
  EXPECT_FALSE(fs::exists(folder / "a"));
  file.commit();
  EXPECT_EQ(read_text_file(folder / "a"), "hEAd" + large + "tail");
  EXPECT_FALSE(fs::exists(folder / "a.partial"));
}

TEST_F(FilesTest, ALargeFileThatIsNotCommittedLeavesTheOldOne) {
  write_file_atomically(folder / "a", "old");
  { AtomicFile(folder / "a").append(bytes_of("new")); }
  EXPECT_EQ(read_text_file(folder / "a"), "old");
  EXPECT_FALSE(fs::exists(folder / "a.partial"));
  EXPECT_THROW(AtomicFile(folder / "no" / "a"), Failure);
}

// A link stays what it is, and what it leads to is replaced.
TEST_F(FilesTest, ALinkIsWrittenThrough) {
  write_file_atomically(folder / "a", "old");
  fs::create_symlink("a", folder / "link");
  fs::create_symlink("b", folder / "to_nothing");
  write_file_atomically(folder / "link", "new");
  AtomicFile large(folder / "to_nothing");
  large.append(bytes_of("large"));
  large.commit();
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text_file(folder / "a"), "new");
  EXPECT_TRUE(fs::is_symlink(folder / "to_nothing"));
  EXPECT_EQ(read_text_file(folder / "b"), "large");
}

// A power cut after the rename would otherwise leave an empty file under the final name.
TEST_F(FilesTest, AFileIsFlushedBeforeItGetsItsName) {
  const FlushRecorder recorder;
  write_file_atomically(folder / "a", "text");
  const std::string a = folder / "a";
  EXPECT_EQ(recorder.calls(), (std::vector<std::string>{"flush " + a + ".partial", "rename " + a + ".partial " + a,
                                                        "flush " + folder.native()}));
}

TEST_F(FilesTest, ALargeFileIsFlushedBeforeItGetsItsName) {
  const FlushRecorder recorder;
  AtomicFile file(folder / "a");
  file.append(bytes_of("text"));
  file.commit();
  recorder.expect_flushed_before_its_name(folder / "a");
}

TEST_F(FilesTest, AFolderIsFlushedWithAllItHoldsBeforeItGetsItsName) {
  const FlushRecorder recorder;
  write_directory_atomically(folder / "d", [](const fs::path& partial) {
    std::ofstream(partial / "loose") << "1";
    fs::create_directories(partial / "deep" / "deeper");
    for (int i = 0; i < 40; ++i) std::ofstream(partial / "deep" / "deeper" / std::to_string(i)) << "2";
    fs::create_symlink("missing", partial / "link");  // belongs to the folder's entries
  });
  fs::remove(folder / "d" / "link");
  recorder.expect_flushed_before_its_name(folder / "d");
  EXPECT_EQ(recorder.calls().size(), 1 + 2 + 41 + 2u);
}

// A killed writer leaves the beginning of a line, to which the next one must not be appended.
TEST_F(FilesTest, ALineThatWasCutOffIsRemovedBeforeTheNextOne) {
  for (const std::string cut : {"", "tw", "one\ntw", "one\n", "one"}) {
    std::ofstream(folder / "lines") << cut;
    LineFile(folder / "lines").append("three");
    EXPECT_EQ(read_text_file(folder / "lines"), cut.starts_with("one\n") ? "one\nthree\n" : "three\n") << cut;
  }
  LineFile(folder / "new").append("one");
  EXPECT_EQ(read_text_file(folder / "new"), "one\n");
}

TEST_F(FilesTest, AMappedFileHasTheBytesOfTheFile) {
  write_file_atomically(folder / "a", std::string_view("one\0two", 7));
  const MappedFile file(folder / "a");
  EXPECT_EQ(std::string(file.bytes().begin(), file.bytes().end()), std::string("one\0two", 7));
  write_file_atomically(folder / "empty", "");
  EXPECT_TRUE(MappedFile(folder / "empty").bytes().empty());
  EXPECT_EQ(message_of<Error>([&] { MappedFile(folder / "no"); }),
            "cannot read " + (folder / "no").native() + ": No such file or directory");
  EXPECT_EQ(message_of<Error>([&] { MappedFile{folder}; }),
            "cannot read " + folder.native() + ": it is not a regular file");
}

// Reading beyond the end of a file that was cut short would end the process with SIGBUS.
TEST_F(FilesTest, AMappedFileThatIsCutShortReadsAsZerosAndTells) {
  write_file_atomically(folder / "a", std::string(10'000, 'x'));
  write_file_atomically(folder / "b", std::string(10'000, 'y'));
  {
    const MappedFile file(folder / "a"), other(folder / "b");
    EXPECT_EQ(file.bytes()[9'999], 'x');
    fs::resize_file(folder / "a", 100);
    EXPECT_EQ(file.bytes()[9'999], 0);
    EXPECT_TRUE(file.has_lost_bytes());
    EXPECT_EQ(file.bytes()[99], 'x');
    EXPECT_EQ(other.bytes()[9'999], 'y');
    EXPECT_FALSE(other.has_lost_bytes());
  }
  const MappedFile again(folder / "b");
  EXPECT_FALSE(again.has_lost_bytes());
}

TEST_F(FilesTest, OtherLostPagesStillEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  write_file_atomically(folder / "a", "x");
  EXPECT_EXIT(
      {
        const MappedFile file(folder / "a");
        ::raise(SIGBUS);
        ::raise(SIGBUS);
        ::_exit(0);
      },
      testing::KilledBySignal(SIGBUS), "");
}

TEST_F(FilesTest, AFolderAppearsWholeOrNotAtAll) {
  EXPECT_THROW(write_directory_atomically(folder / "d",
                                          [](const fs::path& partial) {
                                            write_file_atomically(partial / "x", "1");
                                            throw Failure("disk full");
                                          }),
               Failure);
  EXPECT_FALSE(fs::exists(folder / "d"));
  write_directory_atomically(folder / "d", [](const fs::path& partial) { write_file_atomically(partial / "x", "1"); });
  EXPECT_EQ(read_text_file(folder / "d" / "x"), "1");
}

TEST_F(FilesTest, AFolderMayBeNamedWithAFinalSlash) {
  write_directory_atomically(folder / "d/", [](const fs::path& partial) { write_file_atomically(partial / "x", "1"); });
  EXPECT_EQ(read_text_file(folder / "d" / "x"), "1");
}

TEST_F(FilesTest, APipeOrADeviceIsRefusedInsteadOfReadForEver) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0644), 0);
  for (const fs::path& path : {folder / "pipe", fs::path("/dev/zero")}) {
    try {
      read_file(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("it is not a regular file"), std::string::npos) << error.what();
    }
  }
  EXPECT_FALSE(read_file("/proc/self/status").empty()) << "a regular file that reports a size of 0";
}

TEST_F(FilesTest, AMissingFileIsNamed) {
  try {
    read_file(folder / "missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing: No such file or directory"), std::string::npos);
  }
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(printable("Zo\xc3\xab"), "Zo\xc3\xab");
  EXPECT_EQ(printable("a\xff\x01z"), "a\\xff\\x01z");
  EXPECT_EQ(printable("ada\t1\r\n"), "ada\\t1\\r\\n");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

// Root may write anywhere, so a process that is not root makes the attempt. It ends with _exit, because a sanitizer
// that looks for leaks at exit cannot inspect a process that has changed its user.
TEST_F(FilesTest, AFolderWithoutWriteRightsIsTheUsersMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
        if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(3);
        const std::string message = message_of<Error>([&] { require_writable_folder(folder); });
        std::fputs(message.c_str(), stderr);
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "cannot write into the folder .*massface_files_test: Permission denied");
}

TEST_F(FilesTest, AResultCanBeWrittenIntoAFolderAloneAndOverAFileAlone) {
  require_writable_file(folder / "new.csv");
  write_file_atomically(folder / "old.csv", "old");
  require_writable_file(folder / "old.csv");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1) << "the check leaves nothing behind";
  const auto mistake = [&](const fs::path& path) { return message_of<Error>([&] { require_writable_file(path); }); };
  EXPECT_NE(mistake(folder / "old.csv" / "x").find("Not a directory"), std::string::npos);
  EXPECT_NE(mistake(folder / "missing" / "x").find("No such file or directory"), std::string::npos);
  EXPECT_NE(mistake(folder).find("is not a regular file"), std::string::npos);
  EXPECT_NE(mistake("/dev/null").find("is not a regular file"), std::string::npos);
  // A link is written through, so it is the folder of its target that counts.
  fs::create_symlink(folder / "missing" / "x", folder / "link");
  EXPECT_NE(mistake(folder / "link").find("No such file or directory"), std::string::npos);
  const auto over_input = [&] { require_writable_file(folder / "old.csv", {"other", folder / "." / "old.csv"}); };
  EXPECT_NE(message_of<Error>(over_input).find("it is also an input, which would be lost"), std::string::npos);
}

TEST_F(FilesTest, ASecondWriterOfALargeFileIsRefusedAndHarmsNothing) {
  AtomicFile first(folder / "a");
  first.append(std::vector<uint8_t>{1, 2, 3});
  EXPECT_EQ(message_of<Error>([&] { AtomicFile(folder / "a"); }),
            "another process is writing " + (folder / "a").native() + ". Wait for it, or choose another name");
  first.commit();
  EXPECT_EQ(read_file(folder / "a"), (std::vector<uint8_t>{1, 2, 3}));
  AtomicFile(folder / "a").commit();  // afterwards it may be replaced
  EXPECT_TRUE(read_file(folder / "a").empty());
}

TEST_F(FilesTest, ASecondWriterOfAFolderIsRefusedAndHarmsNothing) {
  write_directory_atomically(folder / "a", [&](const fs::path& partial) {
    write_file_atomically(partial / "one", "1");
    const auto second = [&] { write_directory_atomically(folder / "a", [](const fs::path&) {}); };
    EXPECT_NE(message_of<Error>(second).find("another process is writing"), std::string::npos);
  });
  EXPECT_EQ(read_text_file(folder / "a" / "one"), "1");
}

TEST_F(FilesTest, WhatAKilledWriterOfAFolderLeftIsRemoved) {
  fs::create_directories(folder / "a.partial" / "b");
  write_file_atomically(folder / "a.partial" / "b" / "old", "old");
  write_directory_atomically(folder / "a",
                             [](const fs::path& partial) { write_file_atomically(partial / "new", "1"); });
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "a"), {}), 1);
}

TEST_F(FilesTest, TakesAPathThatCannotBeLookedUpForOneThatIsNotThere) {
  const std::string too_long(300, 'x');
  EXPECT_FALSE(path_exists(folder / too_long));
  EXPECT_FALSE(is_file(folder / too_long));
  EXPECT_FALSE(is_folder(folder / too_long));
  write_file_atomically(folder / "file", "text");
  EXPECT_TRUE(path_exists(folder / "file") && is_file(folder / "file") && !is_folder(folder / "file"));
  EXPECT_TRUE(path_exists(folder / "") && is_folder(folder / "") && !is_file(folder / ""));
}

TEST_F(FilesTest, ANameMayBeAsLongAsTheFileSystemAllows) {
  const std::string longest(255, 'x');
  write_file_atomically(folder / longest, "text");
  EXPECT_EQ(read_text_file(folder / longest), "text");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
  EXPECT_NE(partial_name(std::string(254, 'x') + "1"), partial_name(std::string(254, 'x') + "2"));
}

TEST(IsUtf8, ToldByTheBytes) {
  for (const char* text : {"", "plain\t\n", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* bytes : {"\xfc", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf5\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(bytes));
}

TEST_F(FilesTest, AnAbsolutePathNamesTheSameFile) {
  EXPECT_EQ(absolute_path("missing/./x/../y"), fs::current_path() / "missing/y");
  EXPECT_EQ(absolute_path("/a/b/"), "/a/b/");
  EXPECT_EQ(absolute_path("~/a"), std::string(std::getenv("HOME")) + "/a");
  fs::create_directories(folder / "deep/target");
  fs::create_directory_symlink("deep/target", folder / "link");
  EXPECT_EQ(absolute_path(folder / "link"), folder / "link");
  EXPECT_TRUE(fs::equivalent(absolute_path(folder / "link/.."), folder / "deep"));
}

TEST_F(FilesTest, AppendsLinesToWhatIsThere) {
  { LineFile(folder / "a").append("one"); }
  LineFile file(folder / "a");
  file.append("two");
  file.append("");
  EXPECT_EQ(read_text_file(folder / "a"), "one\ntwo\n\n");
}

TEST_F(FilesTest, TakesBackThePartOfAPieceThatFitted) {
  AppendFile file(folder / "a");
  file.append("whole;");
  // A limit on the size of files stands in for a full disk.
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit ten_bytes{.rlim_cur = 10, .rlim_max = old.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &ten_bytes);
  EXPECT_THROW(file.append("does not fit"), Failure);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  file.append("fits");
  EXPECT_EQ(read_text_file(folder / "a"), "whole;fits");
}

TEST_F(FilesTest, RefusesToAppendWhereItCannot) { EXPECT_THROW(AppendFile(folder / "missing" / "a"), Failure); }

}  // namespace
}  // namespace massface
