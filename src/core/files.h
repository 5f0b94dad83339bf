#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/atomic_files.h"

namespace massface {

// As std::filesystem::exists, is_regular_file and is_directory, except that a path that cannot be looked up, for a name
// that is too long or a folder that may not be searched, is not there: these paths come from users and their files, and
// the library's exceptions are no answer to them.
bool path_exists(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// Read the whole file. Throw Error naming the path and the system's reason.
std::vector<uint8_t> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

// Throws Error if the file begins with bytes that are not text, or is larger than 8 GB: a reader of lines would
// otherwise load the film that was named by mistake before it complains. what: "a list file". Says nothing about a file
// that cannot be opened.
void require_text_file(const std::filesystem::path& path, std::string_view what, std::string_view expected);

// Creates the folder and its parents. Throws Error naming the folder and the system's reason if the path is at fault
// (the user chose it), and Failure otherwise, such as for a full disk.
void create_directories_or_fail(const std::filesystem::path& path);

// The folder in which a file lies; "." for a name alone.
std::filesystem::path folder_of(const std::filesystem::path& path);

// Where a file of that name is written: where a link leads, which stays. Links to what is no file, such as /dev/stdout,
// are written in their place.
std::filesystem::path written_place(const std::filesystem::path& path);

// Checks the folder that the user chose for a result, before the work that produces the result. Throws Error if no file
// can be created in it (no permission, a read-only file system, no such folder), and Failure if the disk is full.
void require_writable_folder(const std::filesystem::path& folder);
// The same for a single file, which may exist if it is a regular file and none of the inputs, which it would replace.
void require_writable_file(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs = {});

// Removes a final slash: "faces/" names the same folder as "faces", but has no last component to append an extension
// to.
std::filesystem::path without_final_slash(const std::filesystem::path& path);

// Replaces "~" at the beginning of a path by the user's home folder ($HOME), as shells do where they see it; they do
// not see it in name=~/faces, nor in a recipe. Other paths, "~user" among them, are returned as they are.
std::string expand_home(const std::string& path);

// Returns an absolute path of the same file, with "." and ".." removed wherever that does not change its meaning. Links
// are not resolved.
std::filesystem::path absolute_path(const std::filesystem::path& path);

// Returns whether the text is valid UTF-8, of any characters.
bool is_utf8(std::string_view text);

// Converts text that may hold any bytes to printable UTF-8: control characters and invalid bytes become \t, \n, \r or
// \xNN. For messages, JSON and file lists.
std::string printable(std::string_view text);

}  // namespace massface
