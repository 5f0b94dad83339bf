# If a CUDA compiler and LibTorch's CUDA libraries are present, the device code is compiled and linked, with or without
# a GPU. MASSFACE_DEVICE is what `massface` itself links: the device code if the CUDA libraries can also be loaded
# (./run setup --cuda), otherwise the CPU stub. In the latter case `massface_cuda` is built only to prove that the
# device code links.
set(MASSFACE_DEVICE massface_device_cpu)
set(MASSFACE_CUDA_LINK_PROOF OFF)
if(MASSFACE_CUDA STREQUAL "OFF")
  return()
endif()
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER OR NOT TARGET LibTorch::cuda)
  if(MASSFACE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "MASSFACE_CUDA=ON needs nvcc and a LibTorch with libtorch_cuda.so (./run setup --cuda).")
  endif()
  message(STATUS "CUDA: not built (no nvcc that matches LibTorch's CUDA, or no libtorch_cuda.so)")
  return()
endif()

# CMake 3.25 does not support C++20 for CUDA.
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_ARCHITECTURES 80 90)
# Share the runtime that LibTorch loads instead of linking a second copy.
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
enable_language(CUDA)
file(GLOB cuda_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*_cuda.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cu)
list(FILTER cuda_sources EXCLUDE REGEX "/no_cuda\\.cpp$")
# NCCL's header comes with its wheel or with the toolkit; its code is in LibTorch.
find_path(MASSFACE_NCCL nccl.h HINTS ${LibTorch_ROOT_DIR}/../nvidia/nccl ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES include)
if(MASSFACE_NCCL)
  message(STATUS "NCCL: ${MASSFACE_NCCL}")
else()
  message(STATUS "NCCL: not built (no nccl.h); several GPUs exchange through the CPU's memory")
  list(FILTER cuda_sources EXCLUDE REGEX "/nccl_group_cuda\\.cpp$")
  list(APPEND cuda_sources ${CMAKE_CURRENT_SOURCE_DIR}/distributed/no_cuda.cpp)
endif()
# A batch must equal the CPU's byte for byte: no contraction, as massface_settings sets it for C++.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/pipeline/augment_images.cu PROPERTIES COMPILE_OPTIONS --fmad=false)
add_library(massface_device_cuda OBJECT ${cuda_sources})
target_link_libraries(massface_device_cuda PRIVATE massface_settings LibTorch::cuda)
if(MASSFACE_NCCL)
  target_include_directories(massface_device_cuda SYSTEM PRIVATE ${MASSFACE_NCCL})
endif()

if(LibTorch_CUDA_RUNS OR MASSFACE_CUDA STREQUAL "ON")
  set(MASSFACE_DEVICE massface_device_cuda LibTorch::cuda)
else()
  set(MASSFACE_CUDA_LINK_PROOF ON)
endif()
