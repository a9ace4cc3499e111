#!/usr/bin/env bash
# Files of records into a node and out of it: what is in them is there once, in
# whatever form they come and whatever happens in the middle; what is wrong with
# them is named.
. "$(dirname "$0")/world.sh"
DATA=$HERE/../data
GENERATE=$HERE/../../scripts/generate

found_alliance
issue coordinator henan henan
write_config
start_node

size() {
    "$HELUO" journal list | awk -v o="$ALLIANCE/$NODE" '$1 == o { print $2 }'
}
# says TEXT...: the last command did.
says() {
    local text
    for text in "$@"; do
        cat out err | grep -qF -- "$text" || fail "does not say '$text'"
    done
    CHECKS=$((CHECKS + 1))
}
# silent WHAT COMMAND...: the command succeeds, and the journal does not grow.
silent() {
    local before what=$1
    shift
    before=$(size)
    check "$what" "$@"
    [ "$(size)" = "$before" ] || fail "$what: the journal grew"
}
import() { "$HELUO" import "$@"; }
generate() { quietly /usr/bin/python3 "$GENERATE" --quiet "$@"; }
# edit IN OUT ROWS [ROW COLUMN VALUE]...: the first rows of a csv, some cells
# changed; LINES are those that these rows begin at.
edit() {
    read -ra LINES <<<"$(/usr/bin/python3 - "$@" <<'PY'
import csv, sys
source, target, count, *cells = sys.argv[1:]
begin, rows = [], []
with open(source, encoding="utf-8-sig", newline="") as file:
    reader = csv.reader(file)
    line = 1
    for row in reader:
        begin.append(line)
        rows.append(row)
        line = reader.line_num + 1
rows = rows[:int(count) + 1]
for row, column, value in zip(cells[::3], cells[1::3], cells[2::3]):
    rows[int(row)][rows[0].index(column)] = value
with open(target, "w", encoding="utf-8", newline="") as file:
    csv.writer(file).writerows(rows)
print(*(begin[int(row)] for row in cells[::3]))
PY
    )"
}
kinds=(unit instrument service demand)
declare -A FILE=([unit]=units [instrument]=instruments [service]=services
    [demand]=demands)

# --- all four kinds, and again

generate --instruments 240 --units 12 --out made
for kind in "${kinds[@]}"; do
    file=made/${FILE[$kind]}.csv
    check "$kind" import "$file" --kind "$kind"
    says ' 0 changed, 0 unchanged, 0 retired, 0 failed'
    silent "$kind again" import "$file" --kind "$kind"
    says ' 0 new, 0 changed' ' 0 failed'
done
check 'firms' import made/firms.csv --kind unit

# --- out and in again: the same, in every format and both languages

for kind in "${kinds[@]}"; do
    for form in csv tsv jsonl json xlsx; do
        for lang in en zh; do
            out=$kind.$lang.$form
            check "$out" "$HELUO" export --kind "$kind" --lang $lang --out "$out"
            silent "$out comes back" import "$out" --kind "$kind"
            says ' 0 new, 0 changed' ' 0 failed'
            refuse 'nothing is doubted' grep -E '^(healed|doubted)' out
        done
    done
    expect HL_EEXISTS 'exists' export --kind "$kind" --out "$kind.en.csv"
    check 'as it was before' "$HELUO" export --kind "$kind" --out "$kind.2.csv"
    check 'the same bytes' cmp "$kind.en.csv" "$kind.2.csv"
done
expect HL_OK '"rows": 240' export --out json.csv --json
# What other files have for nothing is a text where a record says it.
U=$(awk -F, 'NR == 2 { print $2 }' made/instruments.csv)
check 'odd' "$HELUO" instrument put --unit-id "$U" --inner-id 'a,b;"c"' \
    --name-zh 无 --achievement N/A --worth 5 --technical $'=1+1\n"二"' \
    --nation 老地方 --contact 赵某某 --phone 13800000001
check 'odder' "$HELUO" service put --unit-id "$U" --inner-id - --kind testing \
    --name-zh 'x,y' --instruments 'a,b;"c"' --price 0.05
for kind in instrument service; do
    for form in csv tsv jsonl json xlsx; do
        check 'odd out' "$HELUO" export --kind $kind --out "odd.$kind.$form"
        silent 'odd in' import "odd.$kind.$form" --kind $kind
        says ' 0 new, 0 changed' ' 0 failed'
    done
done
check 'gone' "$HELUO" instrument retire --unit-id "$U" --inner-id 'a,b;"c"' \
    --reason x
check 'gone' "$HELUO" service retire --unit-id "$U" --inner-id - --reason x

# --- contacts are not in the journal, and stay what they are

person=$(awk -F, 'NR == 2 { print $(NF - 4) " " $(NF - 3) }' made/instruments.csv)
inner=$(awk -F, 'NR == 2 { print $3 }' made/instruments.csv)
expect HL_OK "${person% *}" instrument contact --unit-id "$U" --inner-id "$inner"
says "${person#* }"
check 'archive' "$HELUO" journal export --out all.archive
for secret in ${person} 赵某某 13800000001; do
    refuse "$secret is nowhere in the archive" grep -aq "$secret" all.archive
done

# --- what would change

sed '2s/,正常,/,待修,/; 3s/^\([^,]*,[^,]*\),[^,]*/\1,ZZ-1/' \
    made/instruments.csv >changed.csv
silent 'dry' import changed.csv --dry-run
says "~ $U $inner" "status: 'normal' -> 'in_repair'" "+ " "ZZ-1" \
    'dry run, nothing was written; 240 rows: 1 new, 1 changed, 238 unchanged'
silent 'dry, as json' import changed.csv --dry-run --json
[ "$(/usr/bin/python3 -c 'import json; j = json.load(open("out"))
print(j["new"], j["changed"], j["rows"], j["dry_run"], j["written"])')" = \
    '1 1 240 True False' ] || fail 'one answer, of one object'
[ "$(/usr/bin/python3 -c 'import json; j = json.load(open("out"))
for c in j["changes"]: print(c["change"], c["unit_id"], c["inner_id"], c["line"],
    *(f[k] for f in c.get("fields", []) for k in ("field", "before", "after")))')" = \
    "changed $U $inner 2 status normal in_repair
new $U ZZ-1 3" ] || fail 'with what would change'
silent 'dry and complete' import changed.csv --dry-run --complete
says '- ' ' 1 retired,'
silent 'and as json' import changed.csv --dry-run --complete --json
[ "$(/usr/bin/python3 -c 'import json; j = json.load(open("out"))
print([c["change"] for c in j["changes"]], j["retired"])')" = \
    "['changed', 'new', 'retired'] 1" ] || fail 'what would be retired'
silent 'nothing' import made/instruments.csv --dry-run --json
[ "$(/usr/bin/python3 -c 'import json; print(json.load(open("out"))["changes"])')" \
    = '[]' ] || fail 'nothing would change'

# --- a missing row is retired only with --complete; many only with a yes

check 'not complete' import changed.csv
says '1 new, 1 changed, 238 unchanged, 0 retired'
silent 'no reason' import changed.csv
check 'complete' import changed.csv --complete
says ' 0 new, 0 changed, 240 unchanged, 1 retired'
silent 'again' import changed.csv --complete
generate --instruments 240 --units 12 --format jsonl --out lines
head -n 180 lines/instruments.jsonl >most.jsonl
before=$(size)
expect HL_ELIMIT 'which is over 5 %: if that is right, say --yes' \
    import most.jsonl --complete
says "61 of the node's 241 records are not in the file"
[ "$(size)" = $((before + 2)) ] || fail 'what is new and changed is written'
# Asked on a terminal, it takes the answer.
answer() {
    script -qec "$HELUO import most.jsonl --complete" /dev/null >out 2>err <<<"$1"
}
if command -v script >/dev/null; then
    answer n && fail 'no is no'
    says 'Retire them? [y/N]' 'nothing was retired'
    [ "$(size)" = $((before + 2)) ] || fail 'no is no'
fi
check 'complete with yes' import most.jsonl --complete --yes
says ' 61 retired'
check 'all are back' import made/instruments.csv
says ' 60 changed, 180 unchanged'
# What the file's refused rows are nobody knows: nothing is missing then.
sed '5s/^\([^,]*\),[^,]*/\1,9/' made/instruments.csv >unknown.csv
before=$(size)
expect HL_EMALFORMED 'nothing was retired: of 1 refused rows' \
    import unknown.csv --complete --yes
[ "$(size)" = "$before" ] || fail 'nothing is written'
# But one that is known is there, though it is refused.
sed '5s/,正常,/,坏,/' made/instruments.csv >known.csv
expect HL_EMALFORMED "1 of 240 rows were refused; the others are imported" \
    import known.csv --complete
says ' 0 retired, 1 failed' "line 5, column 运行状态, '坏': '坏' is none of"
printf '统一社会信用代码,编号\n' >empty.csv
expect HL_EMALFORMED 'has no row that could be taken' \
    import empty.csv --complete --yes

# --- refused rows: named, given back, corrected, taken

edit made/instruments.csv three.csv 38 4 运行状态 坏 6 '原值(万元)' 约30 \
    9 启用日期 2016年
before=$(size)
expect HL_EMALFORMED '3 of 38 rows were refused' import three.csv \
    --rejects wrong.csv --report report.csv
says ' 35 unchanged, 0 retired, 3 failed'
grep -q "^refused,list,${LINES[0]},运行状态,坏," report.csv || fail 'the word'
grep -q "^refused,money,${LINES[1]},原值(万元),约30," report.csv ||
    fail 'the amount'
grep -q "^refused,date,${LINES[2]},启用日期,2016年," report.csv || fail 'the day'
expect HL_EEXISTS 'wrong.csv' import three.csv --rejects wrong.csv
expect HL_EMALFORMED '3 of 3 rows were refused' import wrong.csv \
    --rejects still.csv
edit wrong.csv a.csv 9 1 heluo_line '' 2 heluo_line '' 3 heluo_line ''
edit still.csv b.csv 9 1 heluo_line '' 2 heluo_line '' 3 heluo_line ''
check 'given back as they were' cmp a.csv b.csv
edit wrong.csv right.csv 3 1 运行状态 待机 2 '原值(万元)' 77 3 启用日期 2016-05-01
check 'corrected' import right.csv
says '3 rows: 0 new, 3 changed' ' 0 failed'
[ "$(size)" = $((before + 3)) ] || fail 'each once'
check 'nothing is refused' import right.csv --rejects none.csv
[ ! -e none.csv ] || fail 'no row, no file'
check 'all are back' import made/instruments.csv

# Of two rows with one number the first is taken. The other one does not take
# its place when the refused rows are imported again, until somebody says so.
printf '%s\n' '统一社会信用代码,编号,名称' "$U,W-1,电镜" "$U,W-1,光镜" \
    "$U,W-1,质谱仪" >one_number.csv
expect HL_EMALFORMED '2 of 3 rows were refused' import one_number.csv \
    --rejects one_number.wrong.csv
says 'line 3: the same number as line 2, with another content'
before=$(size)
expect HL_EMALFORMED '2 of 2 rows were refused' import one_number.wrong.csv \
    --rejects one_number.still.csv
says 'line 2: the same number as line 2, with another content'
[ "$(size)" = "$before" ] || fail 'the first one stays'
edit one_number.still.csv one_number.right.csv 2 1 编号 W-2 2 heluo_reason ''
check 'said' import one_number.right.csv
says '2 rows: 1 new, 1 changed'
for number in W-1 W-2; do
    check 'gone' "$HELUO" instrument retire --unit-id "$U" --inner-id $number \
        --reason x
done

# --- strict: all or nothing

before=$(size)
edit made/instruments.csv bad.csv 240 1 运行状态 待机 200 运行状态 坏
expect HL_EMALFORMED 'nothing was written, as --strict has it: 1 of 240' \
    import bad.csv --strict
says 'nothing was written; 240 rows'
refuse 'no differences are shown' grep '^~' out
[ "$(size)" = "$before" ] || fail 'nothing'
edit made/instruments.csv good.csv 240 1 运行状态 待机
check 'strict' import good.csv --strict
says '240 rows: 0 new, 1 changed, 239 unchanged'
[ "$(size)" = $((before + 1)) ] || fail 'one'

# --- the generator's dirt: each row is named, the others are untouched

generate --instruments 1000 --units 20 --seed 5 --dirt all --dirt-share 15 \
    --out dirty
refuse 'dirty' import dirty/instruments.csv --encoding utf-8 \
    --report dirt.jsonl --rejects refused.csv
/usr/bin/python3 - <<'PY' >said 2>&1 || fail "$(cat said)"
import csv, json, sys
rows = []
with open("dirty/instruments.csv", encoding="utf-8", errors="replace",
          newline="") as file:
    reader = csv.reader(file)
    before = reader.line_num
    for row in reader:
        rows.append(before + 1)
        before = reader.line_num
said = {}
for line in open("dirt.jsonl", encoding="utf-8-sig"):
    one = json.loads(line)
    said.setdefault(int(one["line"]), []).append(one)
wanted = {
    "zero_lost": ("healed", "zero"), "yuan": ("refused", "money"),
    "full_width": ("healed", None), "null_word": ("healed", "nothing"),
    "slash_date": ("healed", "date"), "withdrawn_code": ("refused", "division"),
    "other_scheme": ("refused", "class"), "duplicate": ("doubted", "twice"),
    "bad_bytes": ("refused", "bytes"), "cut_20": ("doubted", "cut"),
}
named, dirty = 0, set()
for one in csv.DictReader(open("dirty/dirt.tsv", encoding="utf-8"),
                          delimiter="\t"):
    line = rows[int(one["行"])]
    dirty.add(line)
    severity, kind = wanted[one["问题"]]
    for report in said.get(line, []):
        if (report["severity"] == severity and kind in (None, report["kind"])
                and (one["问题"] == "duplicate"
                     or report["column"] == one["列"])):
            named += 1
            break
    else:
        sys.exit(f"line {line}, {one}: {said.get(line)}")
for line, reports in said.items():
    if line not in dirty:
        sys.exit(f"line {line} is clean, but {reports}")
print(named)
PY
[ "$(cat said)" -ge 100 ] || fail 'few were dirty'
cp out summary
grep -q '^healed .*zero 15' summary || fail 'counted'
refuse 'its bytes are still wrong' import refused.csv
says 'still stands there as'
kept=$("$HELUO" export --out kept.csv | awk '{ print $1 }')
generate --instruments 1000 --units 20 --seed 5 --out undirty
check 'the same without dirt' import undirty/instruments.csv
awk -v kept="$kept" '{ exit !($1 == 1000) }' out || fail 'all of them'
unchanged=$(sed -n 's/.* \([0-9]*\) unchanged.*/\1/p' out)
# Only refused and cut rows, and words for nothing, differ from the clean ones.
[ "$unchanged" -ge 920 ] || fail "$unchanged were healed to what they are"

# --- encodings, workbooks, the national interface's form

generate --instruments 60 --units 5 --seed 9 --encoding gb18030 --out gb
check 'GB 18030, known by its bytes' import gb/instruments.csv
says '60 new'
silent 'GB 18030, said' import gb/instruments.csv --encoding GB18030
expect HL_EMALFORMED 'not valid in the file' \
    import gb/instruments.csv --encoding utf-8
# The second of the two has a county that there is not.
expect HL_EMALFORMED "line 43, column county, '不存在区'" \
    import "$DATA/nrii_equipment.json" --mapping nrii --rejects nrii.json
says '2 rows: 1 new' '1 failed'
sed 's/不存在区/中原区/' nrii.json >nrii.right.json
check 'corrected' import nrii.right.json --mapping nrii
says '1 rows: 1 new'
silent 'as the form has it' import nrii.right.json --mapping nrii
expect HL_OK 'class_code             020101' instrument get --unit-scheme nrii \
    --unit-id 00000000000000000000000000000001 --inner-id 20190018

# Days of a workbook are numbers with a form; codes have lost their zero.
/usr/bin/python3 - "$U" <<'PY'
import sys, zipfile
names = ["统一社会信用代码", "编号", "名称", "启用日期", "分类编码", "原值(万元)"]
def text(at, value):
    return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
heading = "".join(text(f"{'ABCDEF'[i]}1", n) for i, n in enumerate(names))
row = (text("A2", sys.argv[1]) + text("B2", "X-1") + text("C2", "电镜") +
       '<c r="D2" s="1"><v>43525</v></c><c r="E2"><v>10102</v></c>'
       '<c r="F2"><v>285.5</v></c>')
main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
rel = "http://schemas.openxmlformats.org/package/2006/relationships"
doc = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
with zipfile.ZipFile("days.xlsx", "w") as file:
    file.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.'
        'openxmlformats.org/package/2006/content-types"><Default Extension='
        '"rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/>' + "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{kind}.{name}+xml"/>'
        for part, name in (("workbook", "sheet.main"), ("styles", "styles"),
                           ("worksheets/s", "worksheet"))) + "</Types>")
    file.writestr("_rels/.rels", f'<Relationships xmlns="{rel}"><Relationship '
        f'Id="r" Type="{doc}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>")
    file.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{rel}">'
        f'<Relationship Id="a" Type="{doc}/worksheet" '
        f'Target="worksheets/s.xml"/><Relationship Id="b" Type="{doc}/styles" '
        'Target="styles.xml"/></Relationships>')
    file.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{doc}">'
        '<sheets><sheet name="仪器" sheetId="1" r:id="a"/></sheets></workbook>')
    file.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}"><cellXfs><xf/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>')
    file.writestr("xl/worksheets/s.xml", f'<worksheet xmlns="{main}"><sheetData>'
        f'<row r="1">{heading}</row><row r="2">{row}</row></sheetData>'
        "</worksheet>")
PY
check 'a workbook' import days.xlsx --sheet 仪器
says '1 rows: 1 new' 'zero 1'
expect HL_OK 'begin_date             2019-03-01' instrument get --unit-id "$U" \
    --inner-id X-1
grep -q '^class_code  *010102$' out || fail 'its zero'
grep -q '^worth_fen  *285500000$' out || fail 'its worth'

# What was never computed is nothing in the file, and still no empty cell when
# its row comes back.
printf '%s\n' column,attribute,value ,@record,instrument kind,name_zh, value,technical, \
    ",unit_id,$U" >values.map.csv
refuse 'some are errors' import "$HERE/../unit/table/data/values.xlsx" \
    --mapping values.map.csv --dry-run --report values.csv --rejects values.xlsx
refuse 'and stay errors' import values.xlsx --mapping values.map.csv \
    --dry-run --report values.again.csv
for report in values.csv values.again.csv; do
    [ "$(grep -c '^refused,bytes,' $report)" = \
        "$(grep -c '{ERROR}\|{NO VALUE}' \
            "$HERE/../unit/table/data/values.xlsx.dump")" ] || fail $report
done

# --- a real register, as dirty as it is

register=(import "$DATA/st_andrews_uniquip_equipment.csv" --mapping uniquip
    --encoding MACINTOSH --set unit_scheme=ror --set unit_id=02wn5qz54)
expect HL_EMALFORMED '1 of 623 rows were refused' "${register[@]}" \
    --report real.csv --rejects real.wrong.csv
says '623 rows: 587 new, 0 changed, 0 unchanged, 0 retired, 1 failed, 35 twice'
[ "$(grep -c '^doubted,cut,' real.csv)" = 350 ] || fail 'cut values'
[ "$(grep -c '^doubted,twice,' real.csv)" = 35 ] || fail 'rows twice'
[ "$(grep -c '^healed,no-number,' real.csv)" -ge 622 ] || fail 'no numbers'
# Its ten bytes 0xCA are blanks of the Macintosh behind mailboxes; as UTF-8 they
# are nothing.
[ "$(grep -c '^healed,width,[0-9]*,Contact Email,' real.csv)" = 10 ] ||
    fail 'ten blanks'
refuse 'in another encoding' import "$DATA/st_andrews_uniquip_equipment.csv" \
    --mapping uniquip --set unit_scheme=ror --set unit_id=02wn5qz54 \
    --encoding utf-8 --dry-run --report bytes.csv
[ "$(grep -c '^refused,bytes,' bytes.csv)" = "$(grep -c $'\xca' \
    "$DATA/st_andrews_uniquip_equipment.csv")" ] || fail 'their rows are named'
before=$(size)
expect HL_EMALFORMED '1 of 623 rows' "${register[@]}"
says ' 0 new, 0 changed, 587 unchanged'
[ "$(size)" = "$before" ] || fail 'again'

# --- a file never seen

check 'as it was' import made/instruments.csv
check 'suggest' import made/instruments.csv --suggest
cp out suggested.csv
check 'used' import made/instruments.csv --mapping suggested.csv
says ' 0 new, 0 changed, 240 unchanged'
printf 'a,b,c\n%s,Q-1,电镜\n' "$U" >strange.csv
expect HL_EMALFORMED "nothing is known of the column 'a'" import strange.csv
check 'suggest' import strange.csv --suggest
sed 's/^"b",-/"b",inner_id/; s/^"c",-/"c",name_zh/' out >strange.map.csv
check 'by what it holds' import strange.csv --mapping strange.map.csv
says '1 rows: 1 new'
# Units by their names alone: said once, not of each row.
printf '管理单位,编号,名称\n郑州大学,Q-2,电镜\n' >names.csv
expect HL_EMALFORMED 'no column has the unit_id (统一社会信用代码): name it' \
    import names.csv
check 'of one unit' import names.csv --set unit_id="$U"
# A title above the heading, and stars at what a form wants.
printf '%s\n' '仪器一览表（2024年度）,,,' ',,,' '统一社会信用代码,*编号,名称＊,启用日期' \
    "$U,T-1,电镜,2019-03-01" "$U,T-2,电镜,2019年" >titled.csv
expect HL_EMALFORMED 'nothing is known of the column' import titled.csv
check 'suggest' import titled.csv --suggest
says ',@heading,3,' '"*编号",inner_id,,' '"名称＊",name_zh,,'
cp out titled.map.csv
# Refused rows come back without the title, in a form of their own, and with the
# same mapping.
for form in csv xlsx jsonl; do
    refuse 'one row' import titled.csv --mapping titled.map.csv \
        --rejects "titled.wrong.$form"
    says '2 rows: ' '1 failed' "'2019年': no day"
    refuse "$form again" import "titled.wrong.$form" --mapping titled.map.csv
    says '1 rows: ' '1 failed' "'2019年': no day"
done
sed 's/2019年,/2019-05-01,/' titled.wrong.csv >titled.right.csv
check 'corrected' import titled.right.csv --mapping titled.map.csv
says '1 rows: 1 new'
# One sheet is read, and which are not is said.
SEVERAL=$HERE/../unit/table/data/several.xlsx
check 'one row' import "$SEVERAL" --dry-run --set unit_id="$U" --set name_zh=x
says "only the sheet '郑州大学' is read, and not: 河南大学 (--sheet NAME"
expect HL_EMALFORMED "Say --sheet: besides '郑州大学' there are 河南大学" \
    import "$SEVERAL" --complete
check 'suggest' import "$SEVERAL" --suggest
says ',@sheet,"郑州大学",' 'not read are the sheets 河南大学'
done_testing
