#!/usr/bin/env bash
# A node that starts alone, with a clock that nobody confirms: nothing is over by
# it until an operator says that it is right.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

says() { at "$1" status --lang "${3:-en}" | grep -q -- "$2"; }
watch_shows() { # SECONDS: as a watch does that is so far ahead, in UTC+8
    TZ=UTC-8 date -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M
}

found_federation
start_city zhengzhou
check 'an entry' put_at zhengzhou 1 '一'
check 'its clock' at zhengzhou clock show
grep -q 'agreed' out || fail 'it agrees with its own last time'
end_city TERM zhengzhou

AHEAD=$((2 * 86400))
echo $AHEAD >zhengzhou/clock
BEHIND[zhengzhou]="env LD_PRELOAD=$FAULT CLOCK_FILE=$WORK/zhengzhou/clock"
start_city zhengzhou
eventually 30 says zhengzhou 'clock confirm'
eventually 30 says zhengzhou '核对无误后' zh
check 'its clock' at zhengzhou clock show
grep -q 'not confirmed' out || fail "it says so: $(cat out)"
expect HL_EUSAGE 'TIME' clock confirm yesterday --config zhengzhou/heluod.conf
expect HL_ESTATE 'set the machine' clock confirm "$(watch_shows 0)" \
    --config zhengzhou/heluod.conf
eventually 30 says zhengzhou 'clock confirm'
check 'by a watch' at zhengzhou clock confirm "$(watch_shows $AHEAD)"
gone() { ! says zhengzhou 'clock confirm'; }
eventually 30 gone
check 'in JSON' at zhengzhou clock show --json
grep -q '"sure": *true' out || fail "it is sure: $(cat out)"
check 'another entry' put_at zhengzhou 2 '二'
end_city TERM zhengzhou
done_testing
