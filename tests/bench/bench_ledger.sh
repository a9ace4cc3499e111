#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ledger of a node, and PostgreSQL's: bench_ledger.sh PROGRAMS [ROUNDS].
# Stores lie in a new folder below TMPDIR, which should be on a disk, and are
# gone when it ends.
PROGRAMS=$(realpath "$1")
ROUNDS=${2:-5}
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
. "$(dirname "$0")/../e2e/world.sh"
. "$HERE/alliance.sh"
. "$HERE/../bench/bench_postgres.sh"
trap 'pg_clean_up; clean_up' EXIT
trap 'exit 1' INT TERM HUP

found_alliance
write_config 'rate_per_s = 0'
start_node
pg_alone "synchronous_commit = on"
pg_run one "$(cat "$HERE/../bench/bench_ledger.sql")"
mkdir raw
echo "disk: $(df --output=fstype . | tail -1), $(nproc) cores"
"$PROGRAMS/bench_ledger" measure raw "$ROUNDS" "$PORT" "$(pg_target one)" ||
    fail 'bench_ledger'
cat <<'TXT'

A command is one of: issue a voucher; place an order, which holds a part of the
voucher; accept it; deliver it, upon which the node captures the hold by itself
in the same commit. "An order's three" are place, accept and deliver: with its
capture the order is settled then, three commands and four entries. Issuer and
provider are one node, which owes itself nothing. Every command has an answer of
its own, and can be asked for again. PG: one function call a command, a commit
for each; a batch: one call over arrays, by sets, all or nothing. PG bare: it
keeps no balances of accounts.
TXT
stop_node
