/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/config_schema.h"

#include <inttypes.h>
#include <stddef.h>

#include "node/ledger/cycle.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

#define AT(member) .name = #member, .offset = offsetof(struct config, member)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define TIB(n) ((uint64_t)(n) << 40)
#define FEN_MAX 1000000000000000000u

static const struct config_key keys[] = {
    {AT(alliance), .heading = "Who this is", .kind = CONFIG_DOMAIN,
     .required = true, .example = "\"zhongyuan.example\"",
     .text = "The alliance, as in its charter."},
    {AT(node), .kind = CONFIG_NODE_ID, .required = true,
     .example = "\"luoyang\"",
     .text = "This node's id, as in the charter. Its journal is "
             "<alliance>/<node>."},

    {AT(store), .heading = "Files", .kind = CONFIG_FILE,
     .initial = "/var/lib/heluo",
     .text = "Folder of the store: journals and what follows from them. One "
             "process at a time uses it."},
    {AT(journal_key), .kind = CONFIG_FILE, .required = true,
     .example = "\"/etc/heluo/journal.key\"",
     .text = "The key that signs this node's journal, from `heluo key new "
             "journal`. Mode 0600; in the clear, since nobody is there to "
             "type a passphrase when the machine starts."},
    {AT(mark), .kind = CONFIG_FILE, .required = true,
     .example = "\"/var/lib/heluo/journal.mark\"",
     .text = "The mark that was made with the journal key: how far this node "
             "has signed. Rewritten with every commit. Keep it out of "
             "backups and snapshots: it is what shows that a store was set "
             "back."},
    {AT(mirror_key), .kind = CONFIG_FILE, .initial = "",
     .example = "\"/etc/heluo/mirror.key\"",
     .text = "The key that signs what this node keeps for others. Needed by "
             "keepers."},
    {AT(mirror_mark), .kind = CONFIG_FILE, .initial = "",
     .example = "\"/var/lib/heluo/mirror.mark\"",
     .text = "The mark that was made with the mirror key: how much this node "
             "has cosigned. Without it the node cosigns nothing. Keep it out "
             "of backups and snapshots, as the journal's."},
    {AT(encryption_keys), .kind = CONFIG_FILES, .initial = "",
     .example = "{\"/etc/heluo/encryption.key\"}",
     .text = "The keys that open what is sealed to this node, from `heluo key "
             "new encryption`: the one that the charter has first, and former "
             "ones behind it, as what was sealed to them stays so. In backups "
             "elsewhere: without them no blob is opened again."},
    {AT(fingerprint_key), .kind = CONFIG_FILE, .initial = "",
     .example = "\"/etc/heluo/fingerprint.key\"",
     .text = "The alliance's key of invoices' fingerprints, where no "
             "coordinator's node hands it out (`heluo fingerprint new`): a "
             "line with its version, a space and 64 hex digits, the same at "
             "every node; while keys change two lines. Mode 0600; `heluo "
             "fingerprint install` writes it, and it is read again by itself. "
             "Without any key no invoice's fingerprint is stated."},
    {AT(charters), .kind = CONFIG_FILES, .required = true, .reloadable = true,
     .example = "{\"/etc/heluo/charter-1\"}",
     .text = "The signed charters that this node starts from, in any order: "
             "the pinned one and those that follow it."},
    {AT(charter_pin), .kind = CONFIG_HASH, .required = true, .reloadable = true,
     .example = "\"the hash that `heluo charter show` prints\"",
     .text = "Hash of the charter to start from, in hex or as `heluo charter "
             "show` prints it. Compare it with what the "
             "coordinators say, by telephone or on paper: everything that "
             "this node believes begins here."},
    {AT(tls_certificate), .kind = CONFIG_FILE, .required = true,
     .reloadable = true, .example = "\"/etc/heluo/node.crt\"",
     .text = "This node's certificate, PEM, leaf first."},
    {AT(tls_key), .kind = CONFIG_FILE, .required = true, .reloadable = true,
     .example = "\"/etc/heluo/node.key\"",
     .text = "The certificate's private key, PEM. Mode 0600."},
    {AT(tls_roots), .kind = CONFIG_FILE, .required = true, .reloadable = true,
     .example = "\"/etc/heluo/root.crt\"",
     .text = "The alliance's root certificates, PEM."},
    {AT(tls_crl), .kind = CONFIG_FILE, .required = true, .reloadable = true,
     .example = "\"/etc/heluo/root.crl\"",
     .text = "The alliance's revocation list, PEM. Once it has ended nobody "
             "is admitted, so put the new one here as it comes."},

    {AT(listen), .heading = "Where it listens", .kind = CONFIG_LISTEN,
     .initial = "", .example = "{\"0.0.0.0:7443\", \"[::]:7443\"}",
     .text = "Addresses for TLS. None: only the socket below. Port 0 takes "
             "one that is free, which the log names."},
    {AT(socket), .kind = CONFIG_SOCKET, .initial = "/run/heluo/heluo.sock",
     .text = "The operator's socket. Whoever may open the file is an operator "
             "of this node. \"\": none."},
    {AT(socket_group), .kind = CONFIG_GROUP, .initial = "",
     .example = "\"heluo\"",
     .text = "Group of the system whose members may open the socket. Not "
             "given: only root and the user that heluod runs as."},

    {AT(max_store_bytes), .heading = "Store", .kind = CONFIG_SIZE,
     .number = GIB(64), .min = MIB(1), .max = TIB(64), .unit = "bytes",
     .text = "What the store may take of the disk. At this size writes are "
             "refused, reads and relaying go on. An instrument or an order "
             "takes some 2 KiB, its history included."},
    {AT(map_bytes), .kind = CONFIG_SIZE, .number = TIB(1), .min = MIB(1),
     .max = TIB(64), .unit = "bytes",
     .text = "Address range that the store's file is mapped in, and so the "
             "bound of max_store_bytes. Costs addresses, neither memory nor "
             "disk; lower it only where the system limits addresses "
             "(ulimit -v)."},
    {AT(reserve_bytes), .kind = CONFIG_SIZE, .number = MIB(64), .min = MIB(1),
     .max = GIB(16), .unit = "bytes",
     .text = "Disk space that the store takes ahead of its data, so that a "
             "commit that has begun finds room; writes are refused where the "
             "disk has it not. Of one transaction some 10 MiB are usual."},
    {AT(readers_max), .kind = CONFIG_COUNT, .number = 512, .min = 16,
     .max = 65536, .unit = "readers",
     .text = "Snapshots that may be read at a time. Each costs 64 bytes; the "
             "oldest one open keeps the disk space of what was changed "
             "since."},
    {AT(scrub_interval_hours), .kind = CONFIG_COUNT, .number = 168, .min = 0,
     .max = 8760, .unit = "hours",
     .text = "How often the whole store is read again, slowly, and what a "
             "disk did to it is put right (heluo scrub does it at once). 0: "
             "only then. The first one begins an hour after the start."},

    {AT(max_blob_bytes), .heading = "Blobs", .kind = CONFIG_SIZE,
     .number = MIB(64), .min = KIB(64), .max = HL_BLOB_MAX_BYTES,
     .unit = "bytes",
     .text = "The largest document that is sealed here, and the largest "
             "sealed one that is fetched."},
    {AT(max_blobs_bytes), .kind = CONFIG_SIZE, .number = GIB(64), .min = MIB(1),
     .max = TIB(64), .unit = "bytes",
     .text = "What sealed documents may take of the disk, in <store>/blobs. "
             "Beyond it none is put or fetched; journals go on."},
    {AT(carry_blobs_bytes), .kind = CONFIG_SIZE, .number = GIB(1), .min = 0,
     .max = TIB(64), .unit = "bytes",
     .text = "Of these, what those may take that this node cannot open, and "
             "carries for cities that reach their author through it. 0: it "
             "carries none."},

    {AT(search), .heading = "Search", .kind = CONFIG_WORD, .initial = "run",
     .words = "run apart off",
     .text = "Whether there is a text index, in <store>/search, which takes "
             "some 1 KiB for each record of all cities. run: heluod starts "
             "heluo-search, which keeps it, and starts it again. apart: "
             "systemd does (heluo-search.service). off: searches are answered "
             "with HL_EAWAY."},

    {AT(queue_commands), .heading = "Writes", .kind = CONFIG_COUNT,
     .number = 16384, .min = 8190, .max = 1048576, .unit = "commands",
     .text = "Writes that may wait. Past it callers are told to try again. "
             "Each holds its request, a few KiB as a rule: some 64 MiB when "
             "all are there."},
    {AT(commit_entries), .kind = CONFIG_COUNT, .number = 2000, .min = 1,
     .max = HL_SEGMENT_ENTRIES_MAX, .unit = "entries",
     .text = "Entries of one commit at most. More share the cost of a flush; "
             "and all of them wait for it."},
    {AT(commit_ms), .kind = CONFIG_COUNT, .number = 20, .min = 1, .max = 1000,
     .unit = "ms",
     .text = "How long one commit may gather entries that wait already. No "
             "write waits for others to come."},
    {AT(refusals_per_second), .kind = CONFIG_COUNT, .number = 200, .min = 1,
     .max = 1000000, .unit = "refusals",
     .text = "Commands about money that the ledger refuses are journalled, so "
             "that a retry cannot succeed later; so many in a second at most. "
             "Beyond it callers are told to try again, and nothing is "
             "remembered."},
    {AT(clock_jump_s), .kind = CONFIG_COUNT, .number = 300, .min = 1,
     .max = 86400, .unit = "s",
     .text = "By how much the wall clock may jump against the machine's "
             "uptime before writes are refused: what is written carries its "
             "time for ever."},

    {AT(allotted_max_fen), .heading = "Vouchers", .kind = CONFIG_COUNT,
     .number = 0, .min = 0, .max = FEN_MAX, .reloadable = true, .unit = "fen",
     .text = "What one partner may hold of this node's allotments: what it "
             "spends of them is owed, also while the line is down. An "
             "allotment beyond it is refused (allotted_max), and `heluo "
             "status` says so from four fifths on. 0: no bound."},
    {AT(unsealed_max_fen), .kind = CONFIG_COUNT, .number = 0, .min = 0,
     .max = FEN_MAX, .reloadable = true, .unit = "fen",
     .text = "What this node relies on of one issuer, for orders that it "
             "accepted and that the issuer's keepers have not sealed: these "
             "may be lost with the issuer's disk. What is accepted beyond it "
             "waits for the seal (HL_EUNSEALED, unsealed_max), which takes "
             "seconds unless keepers are away; so does it where more than "
             "2,000 entries of the issuer's are not sealed. 0: no bound."},

    {AT(clearing_hour), .heading = "Clearing", .kind = CONFIG_COUNT,
     .number = 24, .min = 0, .max = 24, .reloadable = true, .unit = "h",
     .text = "The hour of the day, in UTC+8, at which this node proposes a "
             "clearing cycle, as often as the charter's clearing-period-days "
             "says; only with the clearing role. 24: by `heluo clearing "
             "propose` alone."},
    {AT(clearing_pay_max_fen), .kind = CONFIG_COUNT, .number = 0, .min = 0,
     .max = FEN_MAX, .reloadable = true, .unit = "fen",
     .text = "A cycle by which this node pays no more is approved by itself, "
             "once it has counted the same. Beyond it a person is asked: "
             "`heluo clearing approve`, or `reject`."},
    {AT(clearing_debtor_max_fen), .kind = CONFIG_COUNT, .number = 0, .min = 0,
     .max = FEN_MAX, .reloadable = true, .unit = "fen",
     .text = "A cycle by which one partner is to pay this node more is "
             "rejected: what it trusts nobody with. 0: no bound."},
    {AT(clearing_pay_days), .kind = CONFIG_COUNT, .number = 3, .min = 0,
     .max = CYCLE_PAY_DAYS_MAX, .reloadable = true, .unit = "days",
     .text = "How many days after its proposal the transfers of a cycle that "
             "this node proposes are to be paid. Later ones are counted again "
             "in the next cycle, as overdue."},

    {AT(threads), .heading = "Calls", .kind = CONFIG_COUNT, .number = 2,
     .min = 1, .max = 64, .unit = "threads",
     .text = "Threads that answer. One serves some 20,000 small calls a "
             "second; more than the machine has cores only costs."},
    {AT(calls), .kind = CONFIG_COUNT, .number = 2048, .min = 1, .max = 65536,
     .unit = "calls",
     .text = "Calls open at a time, streams included. A caller who sends "
             "faster than it is read can fill 4 MiB of buffers per call."},
    {AT(calls_per_caller), .kind = CONFIG_COUNT, .number = 512, .min = 1,
     .max = 65536, .unit = "calls",
     .text = "Of these, those of one caller: not above calls."},
    {AT(rate_per_s), .kind = CONFIG_COUNT, .number = 5000, .min = 0,
     .max = 1000000, .unit = "calls a second",
     .text = "New calls of one caller, in the long run. 0: no bound."},
    {AT(rate_burst), .kind = CONFIG_COUNT, .number = 10000, .min = 1,
     .max = 10000000, .unit = "calls",
     .text = "New calls of one caller at once, after a rest."},
    {AT(connections), .kind = CONFIG_COUNT, .number = 4000, .min = 1,
     .max = 100000, .unit = "connections",
     .text = "TLS connections at a time. Each costs about 130 KiB, so the "
             "default about 510 MiB when all are there, and a descriptor: "
             "LimitNOFILE must be some 200 above."},
    {AT(message_bytes), .kind = CONFIG_SIZE, .number = MIB(4), .min = KIB(64),
     .max = MIB(64), .unit = "bytes",
     .text = "The largest request. Each call that is open may hold one. So "
             "memory, beside the store's pages, which the system takes back, "
             "is at most some 48 MiB + connections * 160 KiB + calls * "
             "(message_bytes + 64 KiB) + 16 * 16 * (message_bytes + 1 MiB) (16 "
             "batches of records may be open, and unpacked take 16 times "
             "their size, of the first half MiB three times that)."},
    {AT(handshake_ms), .kind = CONFIG_COUNT, .number = 10000, .min = 100,
     .max = 120000, .unit = "ms",
     .text = "A connection that has not finished its TLS handshake by then "
             "is closed."},
    {AT(idle_ms), .kind = CONFIG_COUNT, .number = 600000, .min = 1000,
     .max = 86400000, .unit = "ms",
     .text = "A connection without a call is closed after this long. A new "
             "one costs 5.5 ms of a core, an idle one its memory."},
    {AT(keepalive_ms), .kind = CONFIG_COUNT, .number = 5000, .min = 1000,
     .max = 3600000, .unit = "ms",
     .text = "How often a silent connection is asked whether somebody is "
             "there. A dead one is found out after two."},
    {AT(admission_interval_s), .kind = CONFIG_COUNT, .number = 30, .min = 1,
     .max = 3600, .unit = "s",
     .text = "How often who holds an open stream is admitted again: a "
             "certificate that is revoked is out after this long and "
             "reload_interval_s."},

    {AT(segment_zlib), .heading = "Partners", .kind = CONFIG_WORD,
     .initial = "auto", .words = "auto never always",
     .text = "Whether entries are compressed on their way to partners. auto: "
             "where the line turns out slower than zlib, some 64 MiB a "
             "second. Partners take either."},

    {AT(reload_interval_s), .heading = "Running", .kind = CONFIG_COUNT,
     .number = 10, .min = 1, .max = 3600, .reloadable = true, .unit = "s",
     .text = "How often certificates, revocation list and charters are looked "
             "at for changes. A look at unchanged files costs next to "
             "nothing. What cannot be used is logged, and the former set "
             "stays."},
    {AT(drain_s), .kind = CONFIG_COUNT, .number = 10, .min = 0, .max = 300,
     .reloadable = true, .unit = "s",
     .text = "How long open calls have to end after SIGTERM. TimeoutStopSec "
             "of the unit must be above."},
    {AT(log_format), .kind = CONFIG_WORD, .initial = "text",
     .words = "text json",
     .text = "Lines on standard error: key=value, or JSON."},
    {AT(log_level), .kind = CONFIG_WORD, .initial = "info",
     .words = "error warn info debug", .reloadable = true,
     .text = "The least weight that is logged. `heluo log-level` changes it "
             "until the next reload."},
};

size_t config_key_count(void)
{
    _Static_assert(sizeof(keys) / sizeof(keys[0]) <= CONFIG_KEYS_MAX,
                   "a draft holds every key");
    return sizeof(keys) / sizeof(keys[0]);
}

const struct config_key *config_key(size_t index)
{
    HL_ASSERT(index < config_key_count());
    return &keys[index];
}

bool config_kind_is_list(enum config_kind kind)
{
    return kind == CONFIG_FILES || kind == CONFIG_LISTEN;
}

bool config_kind_is_number(enum config_kind kind)
{
    return kind == CONFIG_COUNT || kind == CONFIG_SIZE;
}

static void *at(struct config *config, const struct config_key *key)
{
    return (char *)config + key->offset;
}

char **config_text_at(struct config *config, const struct config_key *key)
{
    HL_ASSERT(!config_kind_is_list(key->kind));
    HL_ASSERT(!config_kind_is_number(key->kind));
    return at(config, key);
}

uint64_t *config_number_at(struct config *config, const struct config_key *key)
{
    HL_ASSERT(config_kind_is_number(key->kind));
    return at(config, key);
}

struct config_list *config_list_at(struct config *config,
                                   const struct config_key *key)
{
    HL_ASSERT(config_kind_is_list(key->kind));
    return at(config, key);
}

void config_size_text(uint64_t size, char out[CONFIG_SIZE_TEXT_BYTES])
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (size != 0 && size % 1024 == 0 && unit < 4) {
        size /= 1024;
        unit++;
    }
    snprintf(out, CONFIG_SIZE_TEXT_BYTES, "%" PRIu64 "%s", size, units[unit]);
}
