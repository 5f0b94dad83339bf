# Run by cmake --install: what is only known, or only there, when the program has been built.
# MassfaceInstall.cmake sets MASSFACE_PROGRAM, MASSFACE_SQLITECPP, MASSFACE_OBJDUMP, MASSFACE_SOURCE, MASSFACE_BUILD and
# MASSFACE_LIBTORCH.

# --- LibTorch's libraries: libtorch_cpu and what it loads, but for the C library's and the compiler's ----------------
file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${MASSFACE_LIBTORCH}/lib/libtorch_cpu.so
  RESOLVED_DEPENDENCIES_VAR loaded UNRESOLVED_DEPENDENCIES_VAR missing
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|util|gcc_s|stdc\\+\\+)\\.so")
if(missing)
  message(FATAL_ERROR "${MASSFACE_LIBTORCH}/lib/libtorch_cpu.so loads libraries that were not found: ${missing}")
endif()
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/massface TYPE SHARED_LIBRARY FOLLOW_SYMLINK_CHAIN
  FILES ${MASSFACE_LIBTORCH}/lib/libtorch_cpu.so ${loaded})

# --- The libraries that find_package(MassFace) links: those of the program, less the compiler's ----------------------
execute_process(COMMAND ${MASSFACE_OBJDUMP} -p ${MASSFACE_PROGRAM} OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "NEEDED +[^ \n]+" MASSFACE_NEEDED "${headers}")
list(TRANSFORM MASSFACE_NEEDED REPLACE "NEEDED +" "")
list(FILTER MASSFACE_NEEDED EXCLUDE REGEX "^ld-linux|^lib(c|m|gcc_s|stdc\\+\\+)\\.so|cuda")
if(MASSFACE_SQLITECPP MATCHES "\\.a$")  # Debian has no other
  file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/massface FILES ${MASSFACE_SQLITECPP})
  list(PREPEND MASSFACE_NEEDED libSQLiteCpp.a)
endif()
list(JOIN MASSFACE_NEEDED " " MASSFACE_NEEDED)
configure_file(${MASSFACE_SOURCE}/cmake/MassFaceConfig.cmake.in ${MASSFACE_BUILD}/MassFaceConfig.cmake @ONLY)
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/cmake/MassFace FILES ${MASSFACE_BUILD}/MassFaceConfig.cmake)

# --- The detector's weights, in one file, if ./run setup has fetched them --------------------------------------------
set(mtcnn ${MASSFACE_SOURCE}/.deps/mtcnn)
if(EXISTS ${mtcnn}/onet.pt)
  execute_process(COMMAND ${MASSFACE_PROGRAM} import ${mtcnn} --detector mtcnn --out ${MASSFACE_BUILD}/mtcnn.safetensors
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/share/massface FILES ${MASSFACE_BUILD}/mtcnn.safetensors)
else()
  message(WARNING "./run setup has not fetched the face detector's weights: the installed program needs --detector")
endif()

# --- Licences --------------------------------------------------------------------------------------------------------
function(install_licence name)
  file(GLOB found ${ARGN})
  foreach(licence ${found})
    file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/share/doc/massface/licences RENAME ${name} FILES ${licence})
  endforeach()
endfunction()
# Wheels are unpacked beside each other.
install_licence(libtorch ${MASSFACE_LIBTORCH}/../torch-*.dist-info/licenses/LICENSE ${MASSFACE_LIBTORCH}/LICENSE)
install_licence(cuda-runtime ${MASSFACE_LIBTORCH}/../nvidia_cuda_runtime-*.dist-info/licenses/License.txt)
install_licence(cuda-cupti ${MASSFACE_LIBTORCH}/../nvidia_cuda_cupti-*.dist-info/licenses/License.txt)
install_licence(facenet-pytorch ${mtcnn}/LICENSE*)
