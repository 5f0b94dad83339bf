# Finds LibTorch 2.11 without the wheel's own TorchConfig.cmake, which requires a CUDA toolkit.
#
#   LIBTORCH             folder that contains include/ and lib/; if empty, these are tried in order:
#                        .deps/libtorch/torch (unpacked by ./run setup), the torch package of `python3` on PATH
#   LibTorch::cpu        libtorch_cpu + libc10, with the definitions that their headers need
#   LibTorch::cuda       adds libtorch_cuda + libc10_cuda; defined only if these files and a CUDA toolkit exist
#   LibTorch_CUDA_RUNS   true if the libraries that libtorch_cuda loads (cuDNN, NCCL, ...) are present as well
set(MASSFACE_LIBTORCH_VERSION 2.11.0)
set(LIBTORCH "" CACHE PATH "LibTorch folder with include/ and lib/ (default: .deps, then python3's torch)")

set(_candidates ${LIBTORCH})
if(NOT LIBTORCH)
  list(APPEND _candidates ${PROJECT_SOURCE_DIR}/.deps/libtorch/torch)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/.deps/libtorch/torch/lib/libtorch_cpu.so)
    execute_process(COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                    OUTPUT_VARIABLE _python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    list(APPEND _candidates ${_python_torch})
  endif()
endif()
set(LibTorch_ROOT_DIR "")
foreach(_candidate ${_candidates})
  if(EXISTS ${_candidate}/lib/libtorch_cpu.so AND EXISTS ${_candidate}/include/torch/csrc/api/include/torch/torch.h)
    set(LibTorch_ROOT_DIR ${_candidate})
    break()
  endif()
endforeach()
if(NOT LibTorch_ROOT_DIR)
  message(FATAL_ERROR "LibTorch was not found. Run ./run setup, or pass -DLIBTORCH=DIR with DIR/include and DIR/lib.")
endif()

file(STRINGS ${LibTorch_ROOT_DIR}/include/torch/headeronly/version.h _version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9;]" "" _version_parts "${_version_lines}")
string(REPLACE ";" "." LibTorch_VERSION "${_version_parts}")
if(NOT LibTorch_VERSION VERSION_EQUAL MASSFACE_LIBTORCH_VERSION)
  message(FATAL_ERROR "LibTorch in ${LibTorch_ROOT_DIR} is ${LibTorch_VERSION}; MassFace is built and tested with ${MASSFACE_LIBTORCH_VERSION}.")
endif()

add_library(LibTorch::cpu INTERFACE IMPORTED)
# Searched after the system's include folders, because the wheel carries a newer fmt than the one that Debian's spdlog
# is built with. For C++ only: nvcc does not know -idirafter, and our .cu files include no header of LibTorch.
target_compile_options(LibTorch::cpu INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${LibTorch_ROOT_DIR}/include -idirafter ${LibTorch_ROOT_DIR}/include/torch/csrc/api/include>"
  "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fopenmp>")
# NDEBUG is part of LibTorch's ABI. Without -fopenmp, the header-only at::parallel_for silently runs on one thread. The
# flag is given directly instead of through OpenMP::OpenMP_CXX because the wheel brings its own libgomp, and CMake would
# warn about two of them in the search path. clang (./run fuzz) would add a second runtime, so it does without.
target_compile_definitions(LibTorch::cpu INTERFACE NDEBUG)
target_link_libraries(LibTorch::cpu INTERFACE
  ${LibTorch_ROOT_DIR}/lib/libtorch_cpu.so ${LibTorch_ROOT_DIR}/lib/libc10.so
  $<$<CXX_COMPILER_ID:GNU>:-fopenmp>)
# libtorch_cpu loads the CUDA runtime and CUPTI; its own RPATH finds them if they are installed next to it.
target_link_options(LibTorch::cpu INTERFACE LINKER:--allow-shlib-undefined)

# nvcc: the one installed on this machine, otherwise the one that ./run setup --cuda unpacks.
set(LibTorch_CUDA_RUNS FALSE)
if(EXISTS ${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so AND NOT MASSFACE_CUDA STREQUAL "OFF")
  get_filename_component(_cuda_wheels ${LibTorch_ROOT_DIR}/../nvidia/cu13 ABSOLUTE)
  find_program(MASSFACE_NVCC nvcc HINTS ENV CUDA_HOME /usr/local/cuda ${_cuda_wheels} PATH_SUFFIXES bin)
  if(MASSFACE_NVCC)
    set(CMAKE_CUDA_COMPILER ${MASSFACE_NVCC} CACHE FILEPATH "nvcc")
    get_filename_component(CUDAToolkit_ROOT ${MASSFACE_NVCC}/../.. REALPATH)
    find_package(CUDAToolkit QUIET)
  endif()
  # LibTorch's headers and libcudart.so.13 belong to CUDA 13.
  if(CUDAToolkit_FOUND AND CUDAToolkit_VERSION_MAJOR EQUAL 13)
    add_library(LibTorch::cuda INTERFACE IMPORTED)
    target_link_libraries(LibTorch::cuda INTERFACE LibTorch::cpu CUDA::cudart
      -Wl,--push-state,--no-as-needed ${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so
      ${LibTorch_ROOT_DIR}/lib/libc10_cuda.so -Wl,--pop-state)
    # A program that links libtorch_cuda starts only if all its libraries (cuDNN, NCCL, NVSHMEM, ...) are found.
    execute_process(COMMAND ldd ${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so OUTPUT_VARIABLE _loaded ERROR_QUIET)
    if(_loaded AND NOT _loaded MATCHES "not found")
      set(LibTorch_CUDA_RUNS TRUE)
    endif()
  endif()
endif()
message(STATUS "LibTorch ${LibTorch_VERSION}: ${LibTorch_ROOT_DIR} (CUDA runs: ${LibTorch_CUDA_RUNS})")
