# `cmake --install BUILD --prefix PREFIX`: a folder that runs wherever it is moved (docs/library.md).
#
#   bin/massface                the program, which looks for its libraries in ../lib/massface
#   lib/massface                LibTorch's libraries, as few as libtorch_cpu loads
#   lib/libmassface.a, include/massface/massface.h, lib/cmake/MassFace
#                               what find_package(MassFace) needs
#   share/massface              the face detector's weights
#   share/doc/massface          the licences of what is installed
#
# lib/massface/gcc is for what only ./run package adds to its archive: the compiler's own libraries, which programs of
# others must not load in the place of their compiler's.
set(rpath $ORIGIN/../lib/massface $ORIGIN/../lib/massface/gcc)
if(NOT MASSFACE_DEVICE STREQUAL "massface_device_cpu")
  # The CUDA libraries take 3 GB, and load each other in ways of their own: they stay where they are.
  set(rpath ${LibTorch_ROOT_DIR}/lib)
endif()
set_target_properties(massface PROPERTIES INSTALL_RPATH "${rpath}")
# RPATH, not RUNPATH: it also holds for the libraries that a library loads, and Debian's have none of their own.
target_link_options(massface PRIVATE LINKER:--disable-new-dtags)

install(TARGETS massface RUNTIME DESTINATION bin)
install(TARGETS massface_archive ARCHIVE DESTINATION lib)
install(FILES ${PROJECT_SOURCE_DIR}/src/interface/massface.h DESTINATION include/massface)

include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MassFaceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MassFaceConfigVersion.cmake DESTINATION lib/cmake/MassFace)

install(CODE "
  set(MASSFACE_PROGRAM \"$<TARGET_FILE:massface>\")
  set(MASSFACE_SQLITECPP \"$<TARGET_FILE:SQLiteCpp>\")
  set(MASSFACE_OBJDUMP \"${CMAKE_OBJDUMP}\")
  set(MASSFACE_SOURCE \"${PROJECT_SOURCE_DIR}\")
  set(MASSFACE_BUILD \"${PROJECT_BINARY_DIR}\")
  set(MASSFACE_LIBTORCH \"${LibTorch_ROOT_DIR}\")")
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_what_is_needed.cmake)
