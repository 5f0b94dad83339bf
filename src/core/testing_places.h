#pragma once

#include <filesystem>

namespace massface {

// For tests: where things are that a test program does not carry. ctest and the command line may name other places in
// environment variables.

// The root of the checkout that the test program was built from; MASSFACE_SOURCE.
std::filesystem::path source_root();

// The folder of real faces and published weights, which are not part of the project; MASSFACE_DATA. Tests that need it
// are skipped if it is absent.
std::filesystem::path testing_data();

// The program massface that was built beside the test program; MASSFACE_BINARY.
std::filesystem::path program_under_test();

}  // namespace massface
