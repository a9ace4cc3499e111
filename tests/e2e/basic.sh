#!/usr/bin/env bash
# A node from nothing to a receipt that verifies offline, and again after a
# restart.
. "$(dirname "$0")/world.sh"

found_alliance
write_config
"$HELUOD" --config heluod.conf --check-config >out 2>err || fail 'check-config'
start_node

check 'the check goes well beside a node' "$HELUOD" --config heluod.conf \
    --check-config
expect HL_OK 'OK' status
expect HL_OK '' rebuild --origin $ALLIANCE/$NODE
expect HL_OK ' 0 different' rebuild --check
expect HL_OK 'index 0' unit put --id 12410000415800018L --name-zh 郑州大学 \
    --name-en 'Zhengzhou University' --kind university --division 410100
expect HL_EMALFORMED 'check character' unit put --id 12410000415800018M --name-zh 郑州大学 \
    --kind university --division 410100
expect HL_OK 'index 1' unit put $(as web) --id 91410100MA41010086 \
    --name-zh 河南仪器 --kind enterprise --division 410100 \
    --receipt r.tlog-proof
expect HL_OK 'verified' verify --charter v1.charter r.tlog-proof
expect HL_OK '郑州大学' unit get --id 12410000415800018L
expect HL_OK '河南仪器' unit list
expect HL_OK 'verified' journal verify --charter v1.charter
expect HL_OK '' journal checkpoint --out one.checkpoint

ID=000102030405060708090a0b0c0d0e0f
put_unit 7 甲 --command-id $ID >out 2>err || fail 'put'
stop_node
start_node
put_unit 7 甲 --command-id $ID >out 2>err || fail 'put again'
grep -q 'index 2' out || fail 'the first answer, after a restart'
put_unit 7 乙 --command-id $ID >out 2>err
[ $? = "$(code HL_EEXISTS)" ] || fail 'the same id with other content'
grep -q name_zh err || fail 'the field is named'
expect HL_OK 'index 3' unit retire --id 12410000415800018L --reason 合并
expect HL_ENOTFOUND 'retired already' unit retire --id 12410000415800018L
expect HL_OK 'retired' unit get --id 12410000415800018L
expect HL_OK 'verified' journal verify --charter v1.charter \
    --from-checkpoint one.checkpoint
expect HL_OK "$ALLIANCE/$NODE  4" journal list
expect HL_OK '"size"' journal list --json
expect HL_OK ' 0 different' rebuild --check
expect HL_OK ' 0 different' rebuild
expect HL_OK ' ' rebuild --origin $ALLIANCE/$NODE
expect HL_OK 'retired' unit get --id 12410000415800018L

"$HELUOD" --config heluod.conf >out 2>err
[ $? = "$(code HL_ELOCKED)" ] || fail 'a second process on one store'
grep -q "process $NODE_PID" err || fail 'names the process'

# A configuration that a reload refuses is told until it is mended.
told() { "$HELUO" status | grep -qF -- "$1"; }
healthy() { ! told 'heluod.conf'; }
cp heluod.conf good.conf
echo 'thread = 2' >>heluod.conf
kill -HUP $NODE_PID
eventually 10 told 'did you mean threads?'
mv good.conf heluod.conf
kill -HUP $NODE_PID
eventually 10 healthy
stop_node

# The rollback guard: a store that was set back, a mark that is gone.
cp -r store old
start_node
quietly put_unit 8 丙
stop_node
mv store new && mv old store
start_node
expect HL_EMARK 'set back' unit put --id 91410300MA4103003F --name-zh 丁 \
    --kind enterprise --division 410300
expect HL_OK '郑州大学' unit list --retired
stop_node
rm -r store && mv new store && mv journal.mark kept.mark
start_node
expect HL_EMARK 'no mark' unit put --id 91410300MA4103003F --name-zh 丁 \
    --kind enterprise --division 410300
stop_node
mv kept.mark journal.mark
start_node
expect HL_OK 'index 5' unit put --id 91410300MA4103003F --name-zh 丁 \
    --kind enterprise --division 410300
stop_node

# Certificates that cannot be believed close TLS; the city's own socket works.
printf 'nonsense\n' >ca/broken.crl
cp ca/root.crl ca/good.crl
write_config 'reload_interval_s = 1'
cp ca/broken.crl ca/root.crl
refuse 'the check says so' "$HELUOD" --config heluod.conf --check-config
start_node
expect HL_OK 'nobody gets in over TLS' status
expect HL_OK 'index 6' unit put --id 91371700MA3717003G --name-zh 戊 \
    --kind enterprise --division 371700
expect HL_ECRL '' unit list $(as web)
cp ca/good.crl ca/root.crl
over_tls() { "$HELUO" unit list $(as web); }
eventually 10 over_tls
refuse 'and status is well again' sh -c "'$HELUO' status | grep TLS"
stop_node
done_testing
