# The form in which names are compared (name_key.c), for tables that are made
# when the program is built: half-width, without blanks, in upper case. Of the
# full-width characters those that the files have; a test compares each key.
function(name_key out name)
  set(key "${name}")
  foreach(pair IN ITEMS "（(" "）)" "／/" "～~" "，," "：:" "－-")
    string(SUBSTRING "${pair}" 0 3 wide)
    string(SUBSTRING "${pair}" 3 1 narrow)
    string(REPLACE "${wide}" "${narrow}" key "${key}")
  endforeach()
  string(REPLACE " " "" key "${key}")
  if(key MATCHES "[a-z]")
    foreach(letter IN ITEMS a b c d e f g h i j k l m n o p q r s t u v w x y z)
      string(TOUPPER ${letter} upper)
      string(REPLACE ${letter} ${upper} key "${key}")
    endforeach()
  endif()
  set(${out} "${key}" PARENT_SCOPE)
endfunction()

# name_index(<out> <variable> <items>): the C text of an index of that name, of
# items "<key>\t<row>", the row with four digits.
function(name_index out variable items)
  list(SORT items)
  set(body)
  foreach(item IN LISTS items)
    string(REGEX REPLACE "^(.*)\t0*([0-9]+)$" "    {\"\\1\", \\2},\n" row
                         "${item}")
    string(APPEND body "${row}")
  endforeach()
  set(${out}
"static const struct name_row ${variable}_rows[] = {
${body}};
const struct name_index ${variable} = {
    ${variable}_rows, sizeof(${variable}_rows) / sizeof(${variable}_rows[0])};
" PARENT_SCOPE)
endfunction()
