# massface_room(NAME [TORCH] [LIBRARIES ...])
#
# Declares the room src/NAME: every src/NAME/*.cpp becomes part of the object library room_NAME, every
# src/NAME/*_test.cpp part of the one test program test_NAME. Rooms are declared in dependency order, foundations first,
# and a test program is linked with the rooms declared so far: a room that needs a later one does not link.
# TORCH marks a room whose sources include torch/torch.h, which costs 20 s without the shared precompiled header.
function(massface_unity target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    # Highway compiles such a file once for each instruction set, by including it into itself.
    if(source MATCHES "\\.cpp$")
      file(STRINGS ${source} highway REGEX "foreach_target\\.h" LIMIT_COUNT 1)
      if(highway)
        set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      endif()
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MASSFACE_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()

function(massface_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  # The program's main, and device code: chosen below the rooms, in src/CMakeLists.txt.
  list(FILTER sources EXCLUDE REGEX "/(main|no_cuda|[a-z_]*_cuda)\\.cpp$")

  if(sources)
    add_library(room_${name} OBJECT ${sources})
    target_link_libraries(room_${name} PRIVATE massface_settings ${ROOM_LIBRARIES})
    massface_unity(room_${name})
    set_property(GLOBAL APPEND PROPERTY MASSFACE_OBJECTS $<TARGET_OBJECTS:room_${name}>)
    set_property(GLOBAL APPEND PROPERTY MASSFACE_LIBRARIES ${ROOM_LIBRARIES})
    if(ROOM_TORCH)
      target_precompile_headers(room_${name} REUSE_FROM massface_pch)
    endif()
  endif()

  if(tests AND MASSFACE_TESTS)
    get_property(objects GLOBAL PROPERTY MASSFACE_OBJECTS)
    get_property(libraries GLOBAL PROPERTY MASSFACE_LIBRARIES)
    add_executable(test_${name} ${tests} ${objects})
    target_link_libraries(test_${name} PRIVATE massface_settings ${libraries} ${MASSFACE_DEVICE} GTest::gtest_main)
    if(ROOM_TORCH)
      target_precompile_headers(test_${name} REUSE_FROM massface_pch)
    endif()
    massface_unity(test_${name})
    add_test(NAME ${name} COMMAND test_${name} --gtest_brief=1)
    # Threads that wait must not spin: beside other work on few cores that makes a training a hundred times slower.
    set(environment "MASSFACE_BINARY=$<TARGET_FILE:massface>" "MASSFACE_SOURCE=${PROJECT_SOURCE_DIR}"
      OMP_WAIT_POLICY=passive)
    if(MASSFACE_SANITIZE STREQUAL "thread")
      # Debian's libgomp is not built for the thread sanitizer, which takes its joins for none. One thread computes, so
      # that what is looked at are the threads of our own: decoding, drawing, inspecting.
      list(APPEND environment OMP_THREAD_LIMIT=1)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT "${environment}")
  endif()
endfunction()
