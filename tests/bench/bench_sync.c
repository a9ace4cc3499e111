/* SPDX-License-Identifier: Apache-2.0 */

/* What bench_sync.sh measures two nodes with:
 *
 *   bench_sync fill SOCKET ENTRIES           puts units, in batches
 *   bench_sync puts SOCKET SECONDS           puts them, 64 calls at a time
 *   bench_sync batches SOCKET SECONDS        puts them, a batch at a time
 *   bench_sync size SOCKET ORIGIN
 *   bench_sync await SOCKET ORIGIN SIZE      until the node there has so many
 *                                            entries of that journal on disk
 *   bench_sync latency SOCKET PARTNER RATE SECONDS
 *   bench_sync raw_store STORE ORIGIN FOLDER
 *   bench_sync raw_wire STORE ORIGIN FOLDER
 */

#include "tests/bench/bench_sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heluo/v1/node.pb-c.h"
#include "node/projection/projection.h"
#include "tests/bench/bench_latency.h"
#include "tests/bench/bench_write_load.h"

enum {
    CALL_MS = 60000,
    AWAIT_SECONDS = 300,
    POLL_NS = 5000000,
    CALLS = 64,
};

/* --- For all parts. ------------------------------------------------------ */

void sync_must(hl_err err, const char *what, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_sync: %s: %s: %s\n", what, hl_err_name(err),
                detail->text);
        exit(1);
    }
}

static struct client_options options_of(const char *target)
{
    return (struct client_options){.target = target, .timeout_ms = CALL_MS};
}

struct client *sync_dial(const char *target)
{
    struct client_options options = options_of(target);
    struct client *client = NULL;
    struct hl_detail detail = {0};
    sync_must(client_create(&options, &client, &detail), target, &detail);
    return client;
}

/* --- Writing. ------------------------------------------------------------ */

static void write_for(const char *target, bool batches, double seconds,
                      uint64_t entries)
{
    struct client_options options = options_of(target);
    struct load load;
    load_open(&load, &options, (uint32_t)getpid());
    uint64_t before = load_state(&load).size;
    int64_t start = bench_now_ns();
    int64_t until = start + (int64_t)(seconds * 1e9);
    if (batches) {
        while (load.next < entries || bench_now_ns() < until) {
            (void)load_batch(&load);
        }
    } else {
        (void)load_puts(&load, CALLS, seconds);
    }
    int64_t end = bench_now_ns();
    uint64_t written = load_state(&load).size - before;
    printf("size %" PRIu64 "\nwritten %" PRIu64 "\nstart_ns %" PRId64
           "\nend_ns %" PRId64 "\nper_s %.0f\n",
           before + written, written, start, end,
           (double)written / ((double)(end - start) / 1e9));
    load_close(&load);
}

/* --- Following. ---------------------------------------------------------- */

/* Entries on its disk; and of those how many are applied, as far as its
 * digests tell. */
struct copy {
    uint64_t size, applied;
};

static hl_err copy_at(struct client *client, const char *origin,
                      struct copy *copy)
{
    Heluo__V1__NodeJournalsRequest request =
        HELUO__V1__NODE_JOURNALS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    struct hl_detail detail = {0};
    hl_err err = client_call(client, "/heluo.v1.Node/Journals", &request.base,
                             &heluo__v1__node_journals_response__descriptor,
                             &answer, &detail);
    if (err != HL_OK) {
        return err;
    }
    const Heluo__V1__NodeJournalsResponse *all = (const void *)answer;
    *copy = (struct copy){0};
    for (size_t i = 0; i < all->n_journals; i++) {
        if (strcmp(all->journals[i]->origin, origin) == 0) {
            copy->size = all->journals[i]->size;
            copy->applied = all->journals[i]->digest_size;
        }
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return HL_OK;
}

/* The node may not be there yet: its socket is tried again. Digests are of
 * every 256 entries. */
static void await(const char *target, const char *origin, uint64_t wanted)
{
    struct client *client = sync_dial(target);
    int64_t until = bench_now_ns() + AWAIT_SECONDS * (int64_t)1000000000;
    int64_t first_ns = 0, durable_ns = 0, now = 0;
    uint64_t digests = wanted - wanted % DIGEST_EVERY_ENTRIES;
    struct copy copy = {0}, first = {0};
    bool seen = false;
    while (!seen || copy.size < wanted || copy.applied < digests) {
        hl_err err = copy_at(client, origin, &copy);
        now = bench_now_ns();
        if (err != HL_OK) {
            client_destroy(&client);
            client = sync_dial(target);
        } else if (!seen) {
            first = copy;
            seen = true;
        }
        first_ns = first_ns == 0 && copy.size > first.size ? now : first_ns;
        durable_ns = durable_ns == 0 && copy.size >= wanted ? now : durable_ns;
        if (now > until) {
            fprintf(stderr,
                    "bench_sync: %s has %" PRIu64 " of %s and %" PRIu64
                    " applied, not %" PRIu64 "\n",
                    target, copy.size, origin, copy.applied, wanted);
            exit(1);
        }
        bench_sleep_until(now + POLL_NS);
    }
    printf("first_ns %" PRId64 "\ndurable_ns %" PRId64 "\napplied_ns %" PRId64
           "\n",
           first_ns == 0 ? now : first_ns, durable_ns, now);
    client_destroy(&client);
}

static void print_size(const char *target, const char *origin)
{
    struct client *client = sync_dial(target);
    struct copy copy = {0};
    struct hl_detail detail = {0};
    sync_must(copy_at(client, origin, &copy), target, &detail);
    printf("size %" PRIu64 "\n", copy.size);
    client_destroy(&client);
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_sync fill SOCKET ENTRIES | puts SOCKET "
                    "SECONDS | batches SOCKET SECONDS | size SOCKET ORIGIN | "
                    "await SOCKET ORIGIN SIZE | latency SOCKET PARTNER RATE "
                    "SECONDS | raw_store STORE ORIGIN FOLDER | raw_wire STORE "
                    "ORIGIN FOLDER\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "fill") == 0 && argc == 4) {
        write_for(argv[2], true, 0, strtoull(argv[3], NULL, 10));
    } else if (strcmp(what, "puts") == 0 && argc == 4) {
        write_for(argv[2], false, strtod(argv[3], NULL), 0);
    } else if (strcmp(what, "batches") == 0 && argc == 4) {
        write_for(argv[2], true, strtod(argv[3], NULL), 0);
    } else if (strcmp(what, "size") == 0 && argc == 4) {
        print_size(argv[2], argv[3]);
    } else if (strcmp(what, "await") == 0 && argc == 5) {
        await(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    } else if (strcmp(what, "latency") == 0 && argc == 6) {
        sync_latency(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10),
                     (unsigned)strtoul(argv[5], NULL, 10));
    } else if (strcmp(what, "raw_store") == 0 && argc == 5) {
        sync_raw_store(argv[2], argv[3], argv[4]);
    } else if (strcmp(what, "raw_wire") == 0 && argc == 5) {
        sync_raw_wire(argv[2], argv[3], argv[4]);
    } else {
        return usage();
    }
    return 0;
}
