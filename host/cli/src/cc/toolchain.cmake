# Builds programs of C and C++ that call Winsock: clang compiles, and wsp links components.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER "@CLANG@")
set(CMAKE_CXX_COMPILER "@CLANG@")
set(CMAKE_C_FLAGS_INIT "@FLAGS@")
set(CMAKE_CXX_FLAGS_INIT "@FLAGS@")
# A probe that is not linked says all that CMake wants to know.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_EXECUTABLE_SUFFIX_C .wasm)
set(CMAKE_EXECUTABLE_SUFFIX_CXX .wasm)
set(CMAKE_C_LINK_EXECUTABLE "\"@WSP@\" cc@DIALECT@ <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
set(CMAKE_CXX_LINK_EXECUTABLE "\"@WSP@\" cc@DIALECT@ <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
