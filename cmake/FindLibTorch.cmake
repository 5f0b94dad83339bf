# Finds LibTorch 2.11 without the wheel's own TorchConfig.cmake, which demands a CUDA toolkit.
#
#   LIBTORCH             folder that holds include/ and lib/; when empty, tried in order: .deps/libtorch/torch
#                        (what ./run setup unpacks), then the torch package of `python3` on PATH
#   LibTorch::cpu        libtorch_cpu + libc10, with the definitions its headers need
#   LibTorch::cuda       adds libtorch_cuda + libc10_cuda; exists where the files and a CUDA toolkit do
#   LibTorch_CUDA_RUNS   true when the libraries that libtorch_cuda loads (cuDNN, NCCL, ...) are there as well
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

find_package(OpenMP REQUIRED COMPONENTS CXX)
add_library(LibTorch::cpu INTERFACE IMPORTED)
# Searched after the system's folders: the wheel carries a newer fmt than the one that Debian's spdlog is built with.
target_compile_options(LibTorch::cpu INTERFACE
  "SHELL:-idirafter ${LibTorch_ROOT_DIR}/include -idirafter ${LibTorch_ROOT_DIR}/include/torch/csrc/api/include")
# NDEBUG is part of LibTorch's ABI; without OpenMP the header-only at::parallel_for silently runs on one thread.
target_compile_definitions(LibTorch::cpu INTERFACE NDEBUG)
target_link_libraries(LibTorch::cpu INTERFACE
  ${LibTorch_ROOT_DIR}/lib/libtorch_cpu.so ${LibTorch_ROOT_DIR}/lib/libc10.so OpenMP::OpenMP_CXX)
# The CUDA runtime and CUPTI, which libtorch_cpu loads, are found through its own RPATH when they lie beside it.
target_link_options(LibTorch::cpu INTERFACE LINKER:--allow-shlib-undefined)

set(LibTorch_CUDA_RUNS FALSE)
if(EXISTS ${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so)
  find_package(CUDAToolkit QUIET)
  if(CUDAToolkit_FOUND)
    add_library(LibTorch::cuda INTERFACE IMPORTED)
    target_link_libraries(LibTorch::cuda INTERFACE LibTorch::cpu CUDA::cudart
      -Wl,--push-state,--no-as-needed ${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so
      ${LibTorch_ROOT_DIR}/lib/libc10_cuda.so -Wl,--pop-state)
    if(EXISTS ${LibTorch_ROOT_DIR}/../nvidia/cudnn/lib/libcudnn.so.9)
      set(LibTorch_CUDA_RUNS TRUE)
    endif()
  endif()
endif()
message(STATUS "LibTorch ${LibTorch_VERSION}: ${LibTorch_ROOT_DIR} (CUDA runs: ${LibTorch_CUDA_RUNS})")
