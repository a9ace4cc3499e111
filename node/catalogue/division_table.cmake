# cmake -DDATA=<folder> -DOUT=<file.c> -P division_table.cmake
# Makes the table of divisions of data/SOURCES.md, sorted by code.
cmake_minimum_required(VERSION 3.25)

set(municipalities 11 12 31 50)
set(rows)

function(row code name city province)
  list(APPEND rows
       "    {\"${code}\", \"${name}\", \"${city}\", \"${province}0000\"},")
  set(rows "${rows}" PARENT_SCOPE)
endfunction()

function(city_of out code province)
  string(SUBSTRING ${code} 2 2 slot)
  string(SUBSTRING ${code} 0 4 prefix)
  if(province IN_LIST municipalities)
    set(${out} ${province}0000 PARENT_SCOPE)
  elseif(slot STREQUAL "90")
    set(${out} ${code} PARENT_SCOPE)
  else()
    set(${out} ${prefix}00 PARENT_SCOPE)
  endif()
endfunction()

file(STRINGS ${DATA}/division_2023_areas.csv lines ENCODING UTF-8)
set(seen)
foreach(line IN LISTS lines)
  if(line MATCHES "^([0-9]+),\"([^\"]+)\",([0-9]+),([0-9]+)$")
    set(code ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    set(province ${CMAKE_MATCH_4})
    city_of(city ${code} ${province})
    row(${code} ${name} ${city} ${province})
    if(code MATCHES "00$")
      list(APPEND seen ${code})
    endif()
  endif()
endforeach()

file(STRINGS ${DATA}/division_2023_cities.tsv lines ENCODING UTF-8)
set(provinces)
foreach(line IN LISTS lines)
  if(line MATCHES "^([0-9]+)\t([^\t]+)\t([^\t]+)$")
    set(code ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    set(province_name ${CMAKE_MATCH_3})
    string(SUBSTRING ${code} 0 2 province)
    string(SUBSTRING ${code} 2 2 slot)
    if(NOT province IN_LIST provinces)
      list(APPEND provinces ${province})
      if(province IN_LIST municipalities)
        row(${province}0000 ${province_name} ${province}0000 ${province})
      else()
        row(${province}0000 ${province_name} "" ${province})
      endif()
    endif()
    if(code IN_LIST seen)
      continue()
    endif()
    if(province IN_LIST municipalities OR slot STREQUAL "90")
      row(${code} ${name} "" ${province})
    else()
      row(${code} ${name} ${code} ${province})
    endif()
  endif()
endforeach()

list(SORT rows)
list(LENGTH rows count)
list(JOIN rows "\n" body)
file(WRITE ${OUT}
"/* Made by division_table.cmake from data/division_2023_*. */
#include \"node/catalogue/division_table.h\"

const struct division division_2023[] = {
${body}
};
const size_t division_2023_count = ${count};
")
