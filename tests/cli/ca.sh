#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands of `heluo ca`: messages, exit codes, files, and that openssl
# agrees.

. "$(dirname "$0")/common.sh"

trust() { cat "$1/root.crt" "$1/root.crl" >trust.pem; }
verifies() { openssl verify -x509_strict -crl_check -CAfile trust.pem "$@"; }

# --- init

expect HL_EUSAGE '--alliance ALLIANCE is needed' ca init --dir ca
expect HL_EUSAGE '--dir DIR is needed' ca init --alliance zy.example
expect HL_EIDENTITY 'is no domain' ca init --alliance Zy.example --dir ca --no-passphrase
expect HL_EPASSPHRASE 'no terminal' ca init --alliance zy.example --dir ca
expect HL_EUSAGE 'from 1 to 7300' ca init --alliance zy.example --dir ca --days 0
expect HL_EUSAGE 'from 1 to 7300' ca init --alliance zy.example --dir ca --days 7301
expect HL_ENOTFOUND 'create the folder' ca init --alliance zy.example --dir no/ca --no-passphrase
check 'nothing was made' test ! -e ca
(umask 0; expect HL_OK 'authority of zy.example' \
    ca init --alliance zy.example --dir ca --no-passphrase) || exit 1
check 'the folder is private' test "$(mode ca)" = 700
check 'the key is private' test "$(mode ca/root.key)" = 600
check 'the certificate is not' test "$(mode ca/root.crt)" = 644
sum=$(cat ca/* | sha256sum)
expect HL_EEXISTS 'never overwritten' ca init --alliance zy.example --dir ca --no-passphrase
expect HL_EEXISTS 'never overwritten' ca init --alliance zy.example --dir ca/ --no-passphrase
check 'it is untouched' test "$sum" = "$(cat ca/* | sha256sum)"
check 'the root is one' openssl verify -x509_strict -check_ss_sig -CAfile ca/root.crt ca/root.crt
check 'the list is signed' openssl crl -in ca/root.crl -CAfile ca/root.crt -noout
mkdir cut.part
expect HL_EEXISTS 'cut short' ca init --alliance zy.example --dir cut --no-passphrase

# --- issue

expect HL_EUSAGE 'give one of' ca issue --dir ca --out x
expect HL_EUSAGE 'give one of' ca issue --dir ca --node a --clearing b --out x
expect HL_EUSAGE 'NODE/NAME' ca issue --dir ca --platform a --out x
expect HL_EUSAGE 'from 1 to 397' ca issue --dir ca --node a --days 398 --out x
expect HL_EIDENTITY 'is no label' ca issue --dir ca --node A --out x
expect HL_EIDENTITY 'is no label' ca issue --dir ca --operator a/b/c --out x
expect HL_ENOTFOUND 'no-ca' ca issue --dir no-ca --node a --out x
expect HL_ENOTFOUND 'cannot write' ca issue --dir ca --node a --out no/x
check 'nothing was made' test ! -e x.key -a ! -e x.crt

(umask 0; expect HL_OK 'spiffe://zy.example/node/luoyang' \
    ca issue --dir ca --node luoyang --out node) || exit 1
check 'the key is private' test "$(mode node.key)" = 600
check 'the certificate is not' test "$(mode node.crt)" = 644
trust ca
check 'openssl agrees' verifies -purpose sslserver node.crt
check 'openssl agrees' verifies -purpose sslclient -verify_hostname luoyang.zy.example node.crt
days=$((90 * 86400))
check 'it holds for 90 days' openssl x509 -in node.crt -noout -checkend $((days - 600))
refuse 'and no longer' openssl x509 -in node.crt -noout -checkend $((days + 600))
openssl x509 -in node.crt -noout -text >text
check 'URI' grep -qF 'URI:spiffe://zy.example/node/luoyang' text
check 'DNS' grep -qF 'DNS:luoyang.zy.example' text
check 'curve' grep -qF 'ASN1 OID: prime256v1' text
check 'key fits' diff <(openssl x509 -in node.crt -noout -pubkey) <(openssl pkey -in node.key -pubout)
sum=$(cat node.key node.crt | sha256sum)
rows=$(wc -l <ca/index)
expect HL_EEXISTS 'nothing was issued' ca issue --dir ca --node luoyang --out node
rm -f node2.*; cp node.crt node2.crt
expect HL_EEXISTS 'node2.crt' ca issue --dir ca --node luoyang --out node2
check 'untouched' test "$sum" = "$(cat node.key node.crt | sha256sum)"
check 'nothing was recorded' test "$rows" = "$(wc -l <ca/index)"

expect HL_OK 'platform/luoyang/shop' ca issue --dir ca --platform luoyang/shop --out shop
expect HL_OK 'operator/luoyang/li' ca issue --dir ca --operator luoyang/li --out li
expect HL_OK 'coordinator/henan' ca issue --dir ca --coordinator henan --out henan
expect HL_OK 'clearing/desk' ca issue --dir ca --clearing desk --out desk
for who in shop li henan desk; do
    check "$who is a client" verifies -purpose sslclient "$who.crt"
    refuse "$who is no server" verifies -purpose sslserver "$who.crt"
    openssl x509 -in "$who.crt" -noout -text >text
    refuse "$who has no host name" grep -q DNS: text
done

# A certificate that cannot be written takes its key with it: with these names
# it is larger than a file may be, and the key is not.
long=$(printf 'n%.0s' $(seq 63))
expect HL_OK 'authority of' ca init --alliance zy.example --dir small --no-passphrase
(trap '' XFSZ
ulimit -f 1
expect HL_EIO 'full.crt: ' ca issue --dir small --node "$long" --out full) || exit 1
check 'neither is there' test ! -e full.key -a ! -e full.crt
expect HL_OK "$long" ca list --dir small

# --- an answer that is lost, an option that is given twice

"$HELUO" ca list --dir ca >/dev/full 2>err
check 'a full disk is an error' test $? = "$(code HL_EIO)"
check 'it says of what' grep -q 'standard output' err
expect HL_EUSAGE '--dir is given twice' ca list --dir ca --dir ca

# --- issue --csr: the key stays where it is

request() {
    openssl req -new -nodes -subj /CN=whoever -addext subjectAltName=DNS:evil.example \
        -keyout "$1.key" -out "$1.csr" "${@:2}" 2>/dev/null
}
request mine -newkey ec -pkeyopt ec_paramgen_curve:P-256
sum=$(sha256sum <mine.key)
expect HL_OK 'node/kaifeng' ca issue --dir ca --node kaifeng --csr mine.csr --out mine
refuse 'no key is told of' grep -q '^key' out
check 'the key is untouched' test "$sum" = "$(sha256sum <mine.key)"
check 'key fits' diff <(openssl x509 -in mine.crt -noout -pubkey) <(openssl pkey -in mine.key -pubout)
openssl x509 -in mine.crt -noout -text >text
refuse 'names of the request are ignored' grep -q evil text
request rsa -newkey rsa:2048
expect HL_EUNSUPPORTED 'not on P-256' ca issue --dir ca --node a --csr rsa.csr --out x
sed '4s/^./#/' mine.csr >bad.csr
expect HL_EMALFORMED 'line 4' ca issue --dir ca --node a --csr bad.csr --out x
expect HL_EMALFORMED 'CERTIFICATE REQUEST' ca issue --dir ca --node a --csr node.crt --out x
openssl req -in mine.csr -outform der -out mine.der
# The last byte is of the signature.
{ head -c -1 mine.der; printf '\000'; } >forged.der
openssl req -inform der -in forged.der -out forged.csr 2>/dev/null
expect HL_ESIGNATURE 'own key' ca issue --dir ca --node a --csr forged.csr --out x

# --- renew

expect HL_OK 'spiffe://zy.example/node/luoyang' ca renew --dir ca --cert node.crt --out node-b
check 'openssl agrees' verifies -purpose sslserver node-b.crt
refuse 'it has a new key' cmp -s node.key node-b.key
expect HL_EEXISTS 'node-b.key' ca renew --dir ca --cert node.crt --out node-b
expect HL_OK 'node/kaifeng' ca renew --dir ca --cert mine.crt --csr mine.csr --out mine-b
expect HL_OK 'authority of' ca init --alliance zy.example --dir other --no-passphrase
expect HL_ECHAIN 'another authority' ca renew --dir other --cert node.crt --out x
expect HL_ENOCERT 'no PEM block' ca renew --dir ca --cert ca/index --out x
expect HL_ENOTFOUND 'nowhere' ca renew --dir ca --cert nowhere --out x

# --- revoke, crl

serial=$(openssl x509 -in li.crt -noout -serial | cut -d= -f2)
expect HL_EUSAGE 'one of --serial and --cert' ca revoke --dir ca
expect HL_EUSAGE 'key-compromise' ca revoke --dir ca --cert li.crt --reason lost
expect HL_EUSAGE 'hex digits' ca revoke --dir ca --serial 12xy
expect HL_EUSAGE 'from 1 to 30' ca revoke --dir ca --cert li.crt --crl-days 31
expect HL_ENOTFOUND 'no certificate with serial 12' ca revoke --dir ca --serial 12
trust ca
check 'it holds' verifies li.crt
expect HL_OK "${serial,,}" ca revoke --dir ca --serial "$serial" --reason key-compromise
trust ca
refuse 'it does not hold' verifies li.crt
check 'others hold' verifies shop.crt
openssl crl -in ca/root.crl -noout -text >text
check 'the reason is in the list' grep -q 'Key Compromise' text
expect HL_EREVOKED 'is revoked' ca renew --dir ca --cert li.crt --out x
expect HL_OK 'number 3' ca revoke --dir ca --cert li.crt
expect HL_OK 'number 4' ca crl --dir ca --days 30
check 'the number grows' test "$(openssl crl -in ca/root.crl -noout -crlnumber)" = crlNumber=0x04
trust ca
refuse 'it stays revoked' verifies li.crt
expect HL_OK '"number": 5' ca crl --dir ca --json

# --- an index that was set back

cp -r ca back
sed -i '/^revoked/,$d' back/index
sum=$(cat back/* | sha256sum)
expect HL_ECRL 'root.crl has number 5, the index knows 1' ca issue --dir back --node a --out x
expect HL_ECRL 'restore the newer one' ca crl --dir back
check 'nothing was changed' test "$sum" = "$(cat back/* | sha256sum)"

# --- list

expect HL_OK "${serial,,}  revoked" ca list --dir ca
check 'valid ones' grep -q 'valid .*spiffe://zy.example/node/luoyang' out
expect HL_OK '"reason": "key-compromise"' ca list --dir ca --json
check 'the alliance' test "$(json out alliance)" = zy.example
check 'the list' grep -q '"number": 5,' out
check 'one is revoked' test "$(grep -c '"status": "revoked"' out)" = 1
check 'all are listed' test "$(grep '"serial"' out | sort -u | wc -l)" = 8
printf 'junk\n' >>other/index
expect HL_EMALFORMED 'other/index, line 3: malformed input: expected: issued' ca list --dir other
expect HL_EMALFORMED '"line": 3' ca list --dir other --json
check 'it is about the file' test "$(json err about)" = other/index
expect HL_EMALFORMED 'other/index, line 3' ca crl --dir other
rm other/root.crt
expect HL_ENOTFOUND 'other/root.crt: not found: cannot open' ca list --dir other

# --- passphrase

umask 077
echo 'open sesame' >pass
echo 'shut sesame' >wrong
: >empty
printf 'two\nlines\n' >lines
expect HL_OK 'encrypted' ca init --alliance zy.example --dir locked --passphrase-file pass
check 'it is encrypted' grep -q 'BEGIN ENCRYPTED' locked/root.key
check 'openssl opens it' openssl pkey -in locked/root.key -passin file:pass -noout
check 'slowly' sh -c 'openssl asn1parse -in locked/root.key | grep -q :0927C0' # 600000
expect HL_EPASSPHRASE 'no passphrase is given' ca issue --dir locked --node a --out x
expect HL_EPASSPHRASE 'does not open' ca issue --dir locked --node a --out x --passphrase-file wrong
expect HL_EMALFORMED 'empty' ca crl --dir locked --passphrase-file empty
expect HL_EMALFORMED 'one line' ca crl --dir locked --passphrase-file lines
expect HL_ENOTFOUND 'nowhere' ca crl --dir locked --passphrase-file nowhere
check 'nothing was made' test ! -e x.key -a ! -e x.crt
chmod 644 pass
expect HL_EFILEMODE 'chmod 600' ca crl --dir locked --passphrase-file pass
chmod 600 pass
expect HL_OK 'node/a' ca issue --dir locked --node a --out locked-a --passphrase-file pass
expect HL_OK 'valid' ca list --dir locked
chmod 640 ca/root.key
expect HL_EFILEMODE 'root.key: ' ca crl --dir ca
chmod 600 ca/root.key

# --- two at once, and one that is killed

expect HL_OK 'authority of' ca init --alliance zy.example --dir busy --no-passphrase
for i in 1 2 3 4 5 6 7 8; do
    "$HELUO" ca issue --dir busy --node "n$i" --out "busy-$i" >/dev/null 2>&1 &
    pids[i]=$!
done
for i in 1 2 3 4 5 6 7 8; do
    wait "${pids[i]}" || fail "issue $i of eight at once"
done
count=$(for i in 1 2 3 4 5 6 7 8; do openssl x509 -in "busy-$i.crt" -noout -serial; done | sort -u | wc -l)
check 'each has its own serial' test "$count" = 8
expect HL_OK 'node/n8' ca list --dir busy
check 'all are recorded' test "$(grep -c spiffe: out)" = 8

killed=0
for i in $(seq 1 40); do
    "$HELUO" ca issue --dir busy --node "k$i" --out "kill-$i" >/dev/null 2>&1 &
    pid=$!
    sleep "0.00$((i % 8))$((i % 10))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    [ $? = 137 ] && killed=$((killed + 1))
done
check 'some were killed' test "$killed" -gt 0
expect HL_OK 'node/after' ca issue --dir busy --node after --out after
expect HL_OK 'alliance zy.example' ca list --dir busy
cp out listed
trust busy
for certificate in kill-*.crt; do
    [ -e "$certificate" ] || continue
    check 'what was handed out is whole' verifies "$certificate"
    serial=$(openssl x509 -in "$certificate" -noout -serial | cut -d= -f2)
    check 'and recorded' grep -q "${serial,,}" listed
done

done_testing
