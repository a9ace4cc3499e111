# cmake -DDATA=<folder> -DOUT=<file.c> -P division_table.cmake
# Makes the table of divisions of data/SOURCES.md, sorted by code.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/name_key.cmake)

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

# A name without what kind of place it is, where two characters are left: 郑州 of
# 郑州市, 恩施 of 恩施土家族苗族自治州. Peoples are those that the list's names
# have, the longer name first where one ends as another does.
set(peoples
  各族 达斡尔族 蒙古族 蒙古 满族 回族 朝鲜族 畲族 土家族 苗族 瑶族 侗族 壮族
  仫佬族 毛南族 黎族 羌族 彝族 藏族 仡佬族 布依族 水族 傣族 哈尼族 纳西族
  拉祜族 佤族 布朗族 白族 独龙族 怒族 普米族 傈僳族 裕固族 哈萨克族 哈萨克
  保安族 东乡族 撒拉族 土族 塔吉克 锡伯 景颇族 柯尔克孜 维吾尔)
function(bare_name out name)
  set(bare "${name}")
  if(name STREQUAL "神农架林区" OR name STREQUAL "六枝特区")
    string(REGEX REPLACE "(林|特)区$" "" bare "${name}")
  elseif(name MATCHES "^(.+)自治(区|州|县|旗)$")
    set(bare "${CMAKE_MATCH_1}")
    set(again TRUE)
    while(again)
      set(again FALSE)
      foreach(people IN LISTS peoples)
        if(bare MATCHES "^(.+)${people}$")
          string(LENGTH "${CMAKE_MATCH_1}" size)
          if(size GREATER_EQUAL 6)
            set(bare "${CMAKE_MATCH_1}")
            set(again TRUE)
          endif()
        endif()
      endforeach()
    endwhile()
  elseif(name MATCHES "^(.+)地区$")
    set(bare "${CMAKE_MATCH_1}")
  elseif(name MATCHES "^(.+)(省|市|区|县|盟|旗)$")
    set(bare "${CMAKE_MATCH_1}")
  endif()
  string(LENGTH "${bare}" size)
  if(size LESS 6)
    set(bare "${name}")
  endif()
  set(${out} "${bare}" PARENT_SCOPE)
endfunction()

list(SORT rows)
list(LENGTH rows count)
list(JOIN rows "\n" body)
set(names)
set(bares)
set(at 10000)
foreach(row IN LISTS rows)
  if(row MATCHES "\", \"([^\"]+)\", \"([0-9]*)\", \"([0-9]+)\"")
    set(name "${CMAKE_MATCH_1}")
    string(SUBSTRING ${at} 1 4 padded)
    name_key(key "${name}")
    list(APPEND names "${key}\t${padded}")
    bare_name(bare "${name}")
    if(NOT bare STREQUAL name)
      name_key(key "${bare}")
      list(APPEND bares "${key}\t${padded}")
    endif()
  endif()
  math(EXPR at "${at} + 1")
endforeach()
name_index(names division_2023_names "${names}")
name_index(bares division_2023_bares "${bares}")

file(STRINGS ${DATA}/division_withdrawn.tsv lines ENCODING UTF-8)
set(withdrawn)
set(withdrawn_count 0)
foreach(line IN LISTS lines)
  if(line MATCHES "^([0-9]+)\t([^\t]+)\t([0-9]+)\t([0-9,]+)$")
    string(APPEND withdrawn "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\",")
    string(APPEND withdrawn " ${CMAKE_MATCH_3}, \"${CMAKE_MATCH_4}\"},\n")
    math(EXPR withdrawn_count "${withdrawn_count} + 1")
  endif()
endforeach()

file(WRITE ${OUT}
"/* Made by division_table.cmake from data/division_*. */
#include \"node/catalogue/division_table.h\"

const struct division division_2023[] = {
${body}
};
const size_t division_2023_count = ${count};

${names}
${bares}
const struct division_withdrawn division_withdrawn[] = {
${withdrawn}};
const size_t division_withdrawn_count = ${withdrawn_count};
")
