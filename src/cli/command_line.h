#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <string>
#include <vector>

namespace massface {

// Throws Error for a word that stands where a verb belongs and is none. Asked before CLI11 parses, which answers a
// --help beside such a word and is content. words: as main() has them, without the program's name.
void require_known_verbs(const CLI::App& program, const std::vector<std::string>& words);

// What CLI11 refused, in our words: "--run is given 2 times; give it once".
std::string message_of_refusal(const CLI::App& program, const CLI::ParseError& error);

// What an exception says that is none of our own errors: LibTorch's without its stack frames, which help nobody whose
// memory is too small.
std::string message_of_failure(const std::exception& error);

}  // namespace massface
