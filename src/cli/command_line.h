#pragma once

#include <exception>
#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace massface {

// Throws Error for a word in the place of a verb that is not a verb. Call it before CLI11 parses: CLI11 answers a
// --help next to such a word and reports no mistake. words: the arguments of main(), without the program's name.
void require_known_verbs(const CLI::App& program, const std::vector<std::string>& words);

// Returns the words with "~" at the beginning of a word, or of the value in name=value, replaced by the home folder: a
// shell does so only for whole words.
std::vector<std::string> expand_home_in(std::vector<std::string> words);

// The message for a command line that CLI11 refused, such as "--run is given 2 times; give it once".
std::string message_of_refusal(const CLI::App& program, const CLI::ParseError& error);

// The message of an exception that is not one of our own errors. LibTorch's errors lose their stack frames, which do
// not help a user who runs out of memory, for instance.
std::string message_of_failure(const std::exception& error);

}  // namespace massface
