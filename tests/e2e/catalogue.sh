#!/usr/bin/env bash
# Instruments, service items and demands at one node: stated, changed, retired,
# reinstated and watched; and what is about a person stays out of the journal.
. "$(dirname "$0")/world.sh"

found_alliance
issue coordinator henan henan
write_config
start_node

UNIT=12410000415800018L
THIS="--unit-id $UNIT --inner-id 20190017"
sem=(instrument put $THIS --name-zh 场发射扫描电镜 --name-en FE-SEM
    --class-code 010102 --kind general --worth 2850000.50 --nation 日本
    --manufacturer 日立 --model SU8010 --begin-date 2019-03-01
    --technical $'分辨率 1.0 nm\n加速电压 30 kV' --subjects 430,150
    --funds central,own --hours-year 2025 --run-hours 1200.5
    --service-hours 400 --status normal --share-mode outside
    --division 410102 --postcode 450001)

expect HL_OK 'index 0' "${sem[@]}" --contact 张三丰 --phone 13912345678 \
    --email zhangsf@zzu.edu.cn
expect HL_OK '场发射扫描电镜' instrument get $THIS
grep -q '^worth_fen  *285000050$' out || fail 'money is in fen'
grep -q '^funds  *central,own$' out || fail 'bits are words'
grep -q '^home  *zhengzhou$' out || fail 'its home is this node'
grep -q '^contact  *张\*$' out || fail 'the name is masked'
grep -q '^phone  *139\*\*\*\*5678$' out || fail 'the number is masked'
grep -q '^class_scheme  *nrii$' out || fail 'the usual list'
expect HL_OK '"run_hours_tenths": 12005' instrument get $THIS --json

# --- what is about a person

expect HL_OK '张三丰' instrument contact $THIS
grep -q '13912345678' out || fail 'the number, for people of this node'
expect HL_EDENIED '' instrument contact $THIS $(as henan)
for secret in 张三丰 13912345678 zhangsf; do
    "$HELUO" journal show --from 0 --count 1 >out 2>err || fail 'show'
    grep -q 场发射扫描电镜 out || fail 'the journal is shown'
    grep -q "$secret" out && fail "$secret is in the journal"
    "$HELUO" journal export --out all.$secret >out 2>err || fail 'export'
    grep -aq "$secret" all.$secret && fail "$secret is in the archive"
done
# Shown masked and put again so, as an export and import would: it stays.
expect HL_OK 'index 1' "${sem[@]}" --contact '张*' --phone '139****5678' \
    --email 'z***@zzu.edu.cn' --street 科学大道
expect HL_OK '13912345678' instrument contact $THIS --json
expect HL_OK 'erased' instrument erase-contact $THIS
expect HL_ENOTFOUND "keeps nobody's name" instrument contact $THIS
expect HL_OK 'nothing' instrument erase-contact $THIS
expect HL_OK '' backup --out after-erasure --config heluod.conf
for secret in 张三丰 13912345678 zhangsf; do
    grep -aq "$secret" after-erasure/data.mdb && fail "$secret is in the backup"
done
expect HL_OK 'index 2' "${sem[@]}" --contact 李四
expect HL_OK 'contact  李四' instrument contact $THIS
stop_node
start_node
expect HL_OK 'contact  李四' instrument contact $THIS
expect HL_OK '' rebuild
expect HL_OK 'contact  李四' instrument contact $THIS

# --- a life

expect HL_OK 'index 3' instrument retire $THIS --reason 报废
expect HL_ENOTFOUND 'retired already' instrument retire $THIS
expect HL_OK 'retired' instrument list --retired
expect HL_OK 'index 4' "${sem[@]}"
expect HL_OK 'active' instrument list
mini="instrument put $THIS --name-zh 扫描电镜"
expect HL_EMALFORMED 'field begin_date' $mini --begin-date 2019-02-30
expect HL_EMALFORMED 'is not in the list of 2023' $mini --division 371200
expect HL_EUSAGE "'坏' is none of normal (正常)" $mini --status 坏
expect HL_EUSAGE 'no number' $mini --worth 约30万
expect HL_ENOTFOUND 'none of this node' instrument retire --unit-id $UNIT \
    --inner-id other
expect HL_OK 'index 5' service put --unit-id $UNIT --inner-id S-1 \
    --name-zh 扫描电镜形貌观察 --kind testing --price 300 --price-unit 样 \
    --instruments 20190017 --days 5
expect HL_OK 'price_fen              30000' service get --unit-id $UNIT \
    --inner-id S-1
expect HL_OK 'index 6' demand put --unit-id 91410100MA41010086 --inner-id D-1 \
    --title 电池隔膜形貌检测 --text '需要观察隔膜断面' --budget 5000 \
    --needed-by 2027-03-31 --division 410100 --contact 王五
expect HL_OK '电池隔膜形貌检测' demand list
expect HL_OK 'index 7' demand retire --unit-id 91410100MA41010086 \
    --inner-id D-1 --reason met
expect HL_OK 'created' instrument history $THIS
[ "$(awk '/^2/ { print $3, $4 }' out | tr '\n' ' ')" = \
    '0 created 1 changed 2 changed 3 retired: 4 reinstated ' ] ||
    fail 'its history'
grep -q "^    street: '' -> '科学大道'$" out || fail 'what changed'
expect HL_OK '"what":"retired"' instrument history $THIS --json
[ "$(wc -l <out)" = 5 ] || fail 'a line for each entry'
expect HL_ENOTFOUND 'no instrument' instrument history --unit-id $UNIT \
    --inner-id other
expect HL_OK 'index 8' unit put --id $UNIT --name-zh 郑州大学 --kind university \
    --division 410100
expect HL_OK 'created' unit history --id $UNIT
expect HL_OK 'created' instrument watch --until-current
[ "$(wc -l <out)" = 5 ] || fail 'a watch of instruments has theirs alone'
expect HL_OK 'InstrumentRecord' journal show --from 4 --count 1
# An erasure makes no entry, and meets no id that an entry has.
expect HL_OK 'index 9' "${sem[@]}" --contact 赵六 \
    --command-id 00000000000000000000000000000000
expect HL_OK 'erased' instrument erase-contact $THIS
expect HL_ENOTFOUND "keeps nobody's name" instrument contact $THIS
expect HL_OK ' 0 different' rebuild --check
stop_node
echo "$CHECKS checks"
