# The programs of ./run fuzz: one for each src/MODULE/NAME_fuzz.cpp, built by the preset `fuzz` with clang alone. Only
# the modules that read untrusted bytes are compiled; `recipe` itself needs all networks, so recipes are read through
# core's reader and table of options.
set(rooms core tensor_file image dataset)

set(sources "")
set(targets "")
foreach(room ${rooms})
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.cpp)
  list(APPEND sources ${found})
  list(APPEND targets ${found})
endforeach()
list(FILTER sources EXCLUDE REGEX "/(.*_test|.*_fuzz|testing_[a-z_]*|mapped_file)\\.cpp$")
list(FILTER targets INCLUDE REGEX "_fuzz\\.cpp$")
list(FILTER targets EXCLUDE REGEX "/testing_fuzz\\.cpp$")

find_package(GTest REQUIRED)  # which helpers of tests include
find_package(ZLIB REQUIRED)

# A failed check of the undefined-behaviour sanitizer ends the program, as those of the address sanitizer do.
add_library(massface_fuzz_settings INTERFACE)
target_link_libraries(massface_fuzz_settings INTERFACE massface_settings GTest::gtest ZLIB::ZLIB)
target_compile_options(massface_fuzz_settings INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize-recover=all)
# For clang 14, which cannot compile libstdc++'s <source_location>.
target_include_directories(massface_fuzz_settings SYSTEM INTERFACE ${PROJECT_SOURCE_DIR}/cmake/clang)

add_library(massface_fuzzed STATIC ${sources} ${PROJECT_SOURCE_DIR}/src/core/testing_mapped_file.cpp
  ${PROJECT_SOURCE_DIR}/src/image/testing_samples_test.cpp)
target_link_libraries(massface_fuzzed PUBLIC massface_fuzz_settings)
set_target_properties(massface_fuzzed PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
add_library(massface_fuzz_main OBJECT ${PROJECT_SOURCE_DIR}/src/core/testing_fuzz.cpp)
target_link_libraries(massface_fuzz_main PRIVATE massface_fuzz_settings)

foreach(target ${targets})
  get_filename_component(name ${target} NAME_WE)
  add_executable(${name} ${target})
  target_link_libraries(${name} PRIVATE massface_fuzz_main massface_fuzzed)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/targets)
endforeach()
