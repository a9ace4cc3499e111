#!/usr/bin/env bash
# Breaks the node on purpose, one way at a time, on a copy of the tree, and
# expects the simulator to notice.
#
#   tests/sim/mutants.sh [--seeds N] [NAME ...]
#
# For each: the edit must fit the source, the program is built, and batches of
# seeds run until one finds something broken, N (240) at most. Ends with 1
# where a mutant survives. A minute for each on two cores, or less.
#
# Not in the table: own_may_grow() true while unsure. The writer asks OWN_STATE
# itself, and nothing is shown meanwhile; 80 seeds see no difference. Nor a
# keeper that answers though it has forgotten (test_keepers shows it), and a
# charter that drops what is sealed (test_charters): coordinators who ask as they
# should make none, and 240 seeds see no difference.
set -euo pipefail
cd "$(dirname "$0")/../.."

seeds_max=240
batch=40
if [ "${1:-}" = --seeds ]; then
    seeds_max=$2
    shift 2
fi

# name | file | edit, for sed
mutants() {
    cat <<'TABLE'
cosigns-another-branch|federation/engine/keep.c|s/if (!hash_equal(&root, &head->root)) {/if (false) {/; s/return !signed_head_is(&origin->kept) ||/return true || !signed_head_is(\&origin->kept) ||/
sure-before-keepers-answer|federation/engine/own.c|s/longest_held(engine) > own->held.size || !all_heard(engine)/longest_held(engine) > own->held.size || (false \&\& !all_heard(engine))/
one-cosignature-seals|certs/charter/charter_judge.c|s/judgement->keeper_count >= author->quorum;/judgement->keeper_count >= 1;/
cut-keeps-effects|node/sync/cut.c|s/if (reads_beyond(&half, cut->size)) {/if (false \&\& reads_beyond(\&half, cut->size)) {/
words-not-compared|node/sync/words.c|s/return mark->size < store->size/return true || mark->size < store->size/
nothing-comes-back|federation/engine/standing.c|s/    uncut(engine, member);/    (void)uncut;/
recovery-forgets-commands|node/sync/sync_op.c|s/\.own = bytes_equal(op->origin, target->own),/.own = false,/
TABLE
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
cmake -S "$copy" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_COMPILER=gcc >/dev/null
build() { cmake --build "$copy/build" --target sim >"$copy/log" 2>&1; }
build || { cat "$copy/log"; exit 1; }

# Prints the first seed range that found it; 1: none did.
hunt() {
    local from
    for ((from = 1; from <= seeds_max; from += 2 * batch)); do
        local halves=() half
        for half in "$from" $((from + batch)); do
            "$copy/build/bin/sim" --seed "$half" --seeds "$batch" --minutes 5 \
                --quiet >"$copy/out.$half" 2>&1 &
            halves+=($!)
        done
        local found=0
        for half in "${halves[@]}"; do
            wait "$half" || found=1
        done
        if [ "$found" = 1 ]; then
            grep -h "^seed\|HL_ASSERT\|ssertion\|sim: " "$copy"/out.* | head -1
            rm -f "$copy"/out.*
            # An aborted run leaves no line that fits, and is found as well.
            return 0
        fi
    done
    return 1
}

survived=0
while IFS='|' read -r name file edit; do
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    before=$SECONDS
    cp "$copy/$file" "$copy/original"
    sed -i "$edit" "$copy/$file"
    if cmp -s "$copy/original" "$copy/$file"; then
        echo "mutants: $name: the edit no longer fits $file"
        survived=1
        continue
    fi
    if ! build; then
        echo "mutants: $name: does not build"
        tail -5 "$copy/log"
        survived=1
    elif what=$(hunt); then
        echo "mutants: $name: caught in $((SECONDS - before)) s: ${what:0:150}"
    else
        echo "mutants: $name: SURVIVED $seeds_max seeds"
        survived=1
    fi
    cp "$copy/original" "$copy/$file"
    touch "$copy/$file"
done < <(mutants)
exit "$survived"
