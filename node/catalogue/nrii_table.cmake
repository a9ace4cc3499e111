# cmake -DDATA=<folder> -DOUT=<file.c> -P nrii_table.cmake
# Makes the tables of the national platform's codes of data/SOURCES.md.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/name_key.cmake)

set(text "/* Made by nrii_table.cmake from data/nrii_*. */
#include \"node/catalogue/nrii_table.h\"
")

# table(<variable> <struct> <rows> <names>): the rows, and the index of names.
function(table variable struct rows names)
  list(LENGTH rows count)
  list(JOIN rows "\n" body)
  name_index(index ${variable}_names "${names}")
  string(APPEND text "
const struct ${struct} ${variable}[] = {
${body}
};
const size_t ${variable}_count = ${count};

${index}")
  set(text "${text}" PARENT_SCOPE)
endfunction()

# Adds the name of the next row of `rows` to `names`, before the row is added.
macro(add_name name)
  list(LENGTH rows at)
  math(EXPR padded "10000 + ${at}")
  string(SUBSTRING ${padded} 1 4 padded)
  name_key(key "${name}")
  list(APPEND names "${key}\t${padded}")
endmacro()

set(rows)
set(names)
file(STRINGS ${DATA}/nrii_instrument_class_codes.tsv lines ENCODING UTF-8)
foreach(line IN LISTS lines)
  if(line MATCHES "^([0-9]+)\t([0-9]*)\t([123])\t([^\t]+)$")
    set(row "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_4}\",")
    string(APPEND row " \"${CMAKE_MATCH_2}\", ${CMAKE_MATCH_3}},")
    add_name("${CMAKE_MATCH_4}")
    list(APPEND rows "${row}")
  endif()
endforeach()
table(nrii_classes instrument_class "${rows}" "${names}")

set(rows)
set(names)
file(STRINGS ${DATA}/nrii_subject_codes.tsv lines ENCODING UTF-8)
foreach(line IN LISTS lines)
  if(line MATCHES "^([0-9]+)\t([^\t]+)$")
    set(row "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\"},")
    add_name("${CMAKE_MATCH_2}")
    list(APPEND rows "${row}")
  endif()
endforeach()
table(nrii_subjects subject "${rows}" "${names}")

set(rows)
set(names)
file(STRINGS ${DATA}/nrii_nation_names.tsv lines ENCODING UTF-8)
foreach(line IN LISTS lines)
  if(line MATCHES "^n([0-9]+)\t([^\t]+)$")
    set(row "    {\"${CMAKE_MATCH_2}\"},")
    add_name("${CMAKE_MATCH_2}")
    list(APPEND rows "${row}")
  endif()
endforeach()
table(nrii_nations nation "${rows}" "${names}")

file(WRITE ${OUT} "${text}")
