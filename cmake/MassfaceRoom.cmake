# massface_unity(TARGET COUNT): compiles COUNT of the target's sources at a time where MASSFACE_UNITY is on, so that a header is
# parsed once for all of them. Names in anonymous namespaces must therefore be unique within a room.
function(massface_unity target count)
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
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MASSFACE_UNITY} UNITY_BUILD_BATCH_SIZE ${count})
endfunction()

# massface_kernels_as_cpp(SOURCES...): lets g++ insert a call before each access to memory, which kernels/testing_device.h
# answers; no sanitizer is linked. At -O1 the accesses are those of the source.
function(massface_kernels_as_cpp)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON
    COMPILE_OPTIONS "-O1;-fno-sanitize=all;-fsanitize=thread,bounds;-Wno-unknown-pragmas")
endfunction()

# massface_room(NAME [TORCH] [THREADS FILTER] [LIBRARIES ...])
#
# Declares the room src/NAME: every src/NAME/*.cpp becomes part of the object library room_NAME, every
# src/NAME/*_test.cpp part of the one test program test_NAME. Rooms are declared in dependency order, foundations first,
# and a test program is linked with the rooms declared so far: a room that needs a later one does not link.
# TORCH marks a room whose sources include torch/torch.h, which takes 13 s without the shared precompiled header.
# THREADS marks one that starts threads of its own: its test program has the ctest label "threads", the target
# thread_tests builds it, and the thread sanitizer runs the tests that match FILTER.
function(massface_room name)
  cmake_parse_arguments(ROOM "TORCH" "THREADS" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  # The program's main, device code and what only tests link are chosen in src/CMakeLists.txt.
  list(FILTER sources EXCLUDE REGEX "/(main|no_cuda|[a-z_]*_cuda|testing_[a-z_]*)\\.cpp$")

  if(sources)
    add_library(room_${name} OBJECT ${sources})
    target_link_libraries(room_${name} PRIVATE massface_settings ${ROOM_LIBRARIES})
    massface_unity(room_${name} 12)
    set_property(GLOBAL APPEND PROPERTY MASSFACE_OBJECTS $<TARGET_OBJECTS:room_${name}>)
    set_property(GLOBAL APPEND PROPERTY MASSFACE_LIBRARIES ${ROOM_LIBRARIES})
    if(ROOM_TORCH)
      target_precompile_headers(room_${name} REUSE_FROM massface_pch)
    endif()
  endif()

  # The sources that compile a .cu file as C++ for the tests.
  file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/testing_*_cu.cpp)
  if(MASSFACE_SANITIZE STREQUAL "thread")
    # Both use the calls that the compiler inserts for this sanitizer.
    set(kernels "")
    list(FILTER tests EXCLUDE REGEX "_cu_test\\.cpp$")
  endif()

  if(tests AND MASSFACE_TESTS)
    get_property(objects GLOBAL PROPERTY MASSFACE_OBJECTS)
    get_property(libraries GLOBAL PROPERTY MASSFACE_LIBRARIES)
    add_executable(test_${name} ${tests} ${objects} ${kernels})
    target_link_libraries(test_${name} PRIVATE massface_settings ${libraries} ${MASSFACE_DEVICE} massface_testing
      GTest::gtest_main)
    if(ROOM_TORCH)
      target_precompile_headers(test_${name} REUSE_FROM massface_pch)
    endif()
    if(kernels)
      massface_kernels_as_cpp(${kernels})
      target_link_libraries(test_${name} PRIVATE massface_testing_device)
    endif()
    # Tests are long, and each of them is built again for a change in any header.
    massface_unity(test_${name} 7)
    add_test(NAME ${name} COMMAND test_${name} --gtest_brief=1)
    # Waiting threads must not spin: with other work on the same few cores, that makes a training a hundred times slower.
    set(environment OMP_WAIT_POLICY=passive)
    if(MASSFACE_SANITIZE MATCHES "address")
      # LibTorch keeps memory until the process ends. Too large a request is answered as the C library does. A page of a
      # mapped file that is lost is a signal that our own handler takes.
      list(APPEND environment "ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_sigbus=0")
    endif()
    if(MASSFACE_SANITIZE STREQUAL "thread")
      # Debian's libgomp is not instrumented, so the thread sanitizer does not see its joins. A single thread computes,
      # which leaves our own threads (decoding, drawing, inspecting) to be checked.
      list(APPEND environment OMP_THREAD_LIMIT=1)
      # A page of a mapped file that is lost is a signal that our own handler takes. What happens within LibTorch is not
      # judged: it is not instrumented either. A fork of a test ends at its first race, which its parent notices.
      list(APPEND environment "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/tsan.supp ignore_noninstrumented_modules=1 halt_on_error=1 handle_sigbus=0 allocator_may_return_null=1")
      if(ROOM_THREADS)
        list(APPEND environment "GTEST_FILTER=${ROOM_THREADS}")
      endif()
    endif()
    set(timeout 900)
    if(MASSFACE_SANITIZE)
      set(timeout 3600)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} ENVIRONMENT "${environment}")
    if(ROOM_THREADS)
      add_dependencies(thread_tests test_${name})
      set_tests_properties(${name} PROPERTIES LABELS threads)
    endif()
  endif()
endfunction()
