# heluo_options: for all code. heluo_warnings: for our code, not for what is
# generated.
add_library(heluo_options INTERFACE)
target_include_directories(heluo_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(heluo_options INTERFACE
  _POSIX_C_SOURCE=200809L HELUO_VERSION="${PROJECT_VERSION}")
target_compile_options(heluo_options INTERFACE
  -fno-omit-frame-pointer -fstack-protector-strong
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

if(HELUO_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(HELUO_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread)
elseif(HELUO_SANITIZE STREQUAL "fuzz")
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "the fuzz preset needs clang (libFuzzer)")
  endif()
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined
                 -fno-sanitize-recover=all)
elseif(NOT HELUO_SANITIZE STREQUAL "")
  message(FATAL_ERROR "HELUO_SANITIZE is '${HELUO_SANITIZE}': "
                      "use address, thread or fuzz")
endif()
target_compile_options(heluo_options INTERFACE ${sanitizers})
target_link_options(heluo_options INTERFACE ${sanitizers})

add_library(heluo_warnings INTERFACE)
target_compile_options(heluo_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wswitch -Wvla -Werror)

# A library of one layer: heluo_layer(NAME <links>...). Its folders add their
# sources with target_sources().
function(heluo_layer name)
  add_library(${name} STATIC)
  target_link_libraries(${name}
    PUBLIC heluo_options ${ARGN}
    PRIVATE heluo_warnings)
endfunction()
