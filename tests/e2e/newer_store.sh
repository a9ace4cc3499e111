#!/usr/bin/env bash
# A store that a newer program has written: refused, with what to do, and left
# as it is.
. "$(dirname "$0")/world.sh"

found_alliance
write_config
start_node
quietly put_unit 1 甲
stop_node

# The row `meta` 0000, with its checksum (protocol/README.md, Store).
cat >newer.py <<'PY'
import struct, sys, zlib

def row(version):
    key = bytes(2)
    value = bytes([1]) + struct.pack('>I', version)
    head = bytes([0, len(key)]) + key
    return key + value + struct.pack('>I', zlib.crc32(head + value))

with open(sys.argv[1], 'r+b') as file:
    data = file.read()
    assert data.count(row(1)) > 0
    file.seek(0)
    file.write(data.replace(row(1), row(2)))
PY
quietly /usr/bin/python3 newer.py store/data.mdb
cp store/data.mdb before

"$HELUOD" --config heluod.conf >out 2>err
[ $? = "$(code HL_ENEWER)" ] || fail 'another exit code'
grep -q 'upgrade the program' err || fail 'says what to do'
grep -q 'has format 2' err || fail 'says what it found'
check 'the store is as it was' cmp before store/data.mdb
done_testing
