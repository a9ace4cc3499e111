#!/usr/bin/env bash
# Every method by every kind of caller (walk.py): who may not call it is
# refused, with one line of the log that says who and why; and the documents'
# table of roles is the one that the program goes by.
. "$(dirname "$0")/world.sh"

# --- the table

"$HELUOD" --methods >methods || fail 'heluod --methods'
awk '/^\| method \| kind \| roles /, /^$/' "$HERE/../../protocol/README.md" |
    grep '^|' >documented
check "protocol/README.md has the table of 'heluod --methods'" \
    diff documented methods

# --- certificates that the command line does not make

days() { date -u -d "$1 days" +%y%m%d%H%M%SZ; }

# forge FILE URI FROM UNTIL [CA]: signed by the alliance's own key, or by that
# folder's; from and until are in days from now.
forge() {
    local ca=${5:-ca} base="/CN=$1"
    [ -f forge.index ] || : >forge.index
    [ -f forge.serial ] || echo 7000 >forge.serial
    cat >forge.conf <<END
[ca]
default_ca = forge
[forge]
database = forge.index
serial = forge.serial
new_certs_dir = .
certificate = $ca/root.crt
private_key = $ca/root.key
default_md = sha256
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
${2:+subjectAltName = URI:$2}
END
    quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes -subj "$base" -keyout "$1.key" -out "$1.csr"
    quietly openssl ca -batch -notext -config forge.conf -in "$1.csr" \
        -out "$1.crt" -startdate "$(days "$3")" -enddate "$(days "$4")"
}

found_alliance
"$HELUO" key new journal --alliance $ALLIANCE --node luoyang --no-passphrase \
    --out luoyang.journal.key --mark luoyang.mark >out 2>err || fail 'a key'
quietly "$HELUO" charter add-node v1.charter --id luoyang --region 410300 \
    --endpoint 127.0.0.1:7444 --out v2.charter \
    --journal-key "$("$HELUO" key show luoyang.journal.key --public)"
quietly "$HELUO" charter sign v2.charter --previous v1.charter --key li.key \
    --yes
CHARTERS='"v1.charter", "v2.charter"'

"$HELUO" ca init --alliance $ALLIANCE --dir other-ca --no-passphrase \
    >out 2>err || fail 'another authority'
SPIFFE=spiffe://$ALLIANCE
forge foreign $SPIFFE/operator/$NODE/chen -1 9 other-ca
forge expired $SPIFFE/operator/$NODE/chen -9 -1
forge early $SPIFFE/operator/$NODE/chen 1 9
forge long $SPIFFE/operator/$NODE/chen -1 500
forge elsewhere spiffe://other.example/operator/$NODE/chen -1 9
forge roleless $SPIFFE/janitor/$NODE/chen -1 9
forge nameless '' -1 9
issue operator $NODE/gone revoked
issue platform kaifeng/web stranger
issue node kaifeng strange-node
issue platform luoyang/web other-platform
issue operator luoyang/wang other-operator
issue node luoyang other-node
issue coordinator henan henan
issue clearing desk desk
quietly "$HELUO" ca revoke --dir ca --cert revoked.crt

write_config
start_node
protoc_python "$PROTO/grpc/reflection/v1" reflection.proto
program walk.py >walked
REFUSED=$(awk '$1 == "refused" { print $2 }' walked)

# --- the log: a line for each, or its place in the count of the next line,
# which one more refusal brings out.

sleep 0.1
expect HL_EREVOKED 'revoked' unit list $(as revoked)
expect HL_ECONNECT '' unit list $(as foreign)

# counted EVENT: how many of them, those that the limiter held back too.
counted() {
    grep -F "event=$1 " log | awk '{
        count++
        for (i = 1; i <= NF; i++)
            if (sub("^held=", "", $i)) count += $i }
        END { print count + 0 }'
}
[ "$(counted call.refused)" = $((REFUSED + 1)) ] ||
    fail "$REFUSED calls were refused, the log has $(counted call.refused)"
HANDSHAKES=$(awk '$1 == "handshakes" { print $2 }' walked)
[ "$(counted tls.refused)" -ge "$HANDSHAKES" ] ||
    fail "$HANDSHAKES handshakes failed, the log has $(counted tls.refused)"

logged() { # what, regular expression
    check "the log says $1" grep -qE "$2" log
}
logged 'no certificate' 'event=tls.refused why="peer did not return a cert'
logged 'a bad certificate' 'event=tls.refused why="certificate verify failed'
while read -r error who; do
    logged "$who" "event=call.refused .*method=/.* error=$error .*$who"
done <<END
HL_EREVOKED $SPIFFE/operator/$NODE/gone
HL_EALLIANCE spiffe://other.example/operator/$NODE/chen
HL_EUNKNOWNNODE $SPIFFE/platform/kaifeng/web
HL_EUNKNOWNNODE $SPIFFE/node/kaifeng
HL_ELIFETIME $SPIFFE/operator/$NODE/chen
HL_EROLE $SPIFFE/janitor/$NODE/chen
HL_EIDENTITY no identity, serial
HL_EDENIED $SPIFFE/platform/luoyang/web
HL_EDENIED $SPIFFE/operator/luoyang/wang
HL_EDENIED $SPIFFE/node/$NODE
HL_EDENIED $SPIFFE/platform/$NODE/web
HL_EDENIED $SPIFFE/coordinator/henan
HL_EDENIED $SPIFFE/clearing/desk
END
stop_node
done_testing
