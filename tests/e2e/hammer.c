/* SPDX-License-Identifier: Apache-2.0 */

/* Writers that do not give up, for tests that end or starve the node under
 * them:
 *
 *   hammer run TARGET RECORDS SEED WRITERS COUNT
 *   hammer verify TARGET RECORDS
 *
 * run: each writer has a connection of its own and puts one unit after the
 * other, each under an id of its own, which it repeats until it is
 * acknowledged, whatever happens to the node meanwhile. What was acknowledged
 * is appended to RECORDS, one line each, before the writer's next request.
 * COUNT puts in all, or, where it is 0, until SIGTERM; what is under way is
 * finished then too. The ids follow from SEED.
 *
 * verify: reads the journal through the node. Everything acknowledged is there
 * at its index with its leaf, and no id is there twice. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/journal.pb-c.h"
#include "node/client/client.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/entry.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"

enum {
    TIMEOUT_MS = 10000,
    PAUSE_MS = 20, /* before an id is tried again */
    WRITERS_MAX = 256,
    /* Units that a writer states, over and over. */
    UNITS_OF_WRITER = 64,
};

struct ticket {
    uint8_t id[HL_COMMAND_ID_BYTES];
    uint64_t index;
    struct hl_hash leaf;
};

struct hammer {
    struct client_options options;
    int records;
    uint64_t seed, share; /* puts of each writer; 0: until stopped */
    atomic_bool stopped;
    atomic_bool wrong; /* an answer that no retry mends */
    atomic_ulong acknowledged, repeated;
    atomic_ulong errors[HL_ERR_COUNT];
    pthread_mutex_t dialling; /* the first one sets up the core */
};

struct hand {
    struct hammer *hammer;
    struct client *client;
    uint64_t number;
    pthread_t thread;
};

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "hammer: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void must(hl_err err, const char *what, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: ", hl_err_name(err));
        give_up(what, detail->text);
    }
}

static uint64_t number_of(const char *text)
{
    char *end = NULL;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        give_up(text, "not a number");
    }
    return number;
}

static struct client *dial(const struct client_options *options)
{
    struct client *client = NULL;
    struct hl_detail detail = {0};
    must(client_create(options, &client, &detail), options->target, &detail);
    return client;
}

/* --- Writing. ------------------------------------------------------------ */

static void make_id(const struct hand *hand, uint64_t put,
                    uint8_t id[HL_COMMAND_ID_BYTES])
{
    uint64_t from[3] = {hand->hammer->seed, hand->number, put};
    struct hl_hash hash = hash_bytes(bytes_of(from, sizeof(from)));
    memcpy(id, hash.bytes, HL_COMMAND_ID_BYTES);
}

/* One write(2) at the end of the file: whole lines, in no buffer of ours. */
static void record(struct hammer *hammer, const struct ticket *ticket)
{
    struct writer line = {0};
    test_hex(bytes_of(ticket->id, sizeof(ticket->id)), &line);
    writer_format(&line, " %" PRIu64 " ", ticket->index);
    test_hex(bytes_of(ticket->leaf.bytes, sizeof(ticket->leaf.bytes)), &line);
    writer_text(&line, "\n");
    if (write(hammer->records, line.data, line.size) != (ssize_t)line.size) {
        give_up("records", strerror(errno));
    }
    writer_fini(&line);
}

static bool may_be_tried_again(hl_err err)
{
    enum hl_grpc status = hl_err_grpc(err);
    return status == GRPC_UNAVAILABLE || status == GRPC_DEADLINE_EXCEEDED ||
           status == GRPC_RESOURCE_EXHAUSTED;
}

static void redial(struct hand *hand)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&hand->hammer->dialling);
    client_destroy(&hand->client);
    hand->client = dial(&hand->hammer->options);
    pthread_mutex_unlock(&hand->hammer->dialling);
}

static bool take_answer(struct hand *hand, struct ticket *ticket,
                        const Heluo__V1__CataloguePutResponse *response)
{
    const Heluo__V1__Written *written = response->written;
    if (written == NULL || written->leaf_hash.len != HL_HASH_BYTES) {
        fprintf(stderr, "hammer: an answer without an entry\n");
        return false;
    }
    ticket->index = written->index;
    memcpy(ticket->leaf.bytes, written->leaf_hash.data, HL_HASH_BYTES);
    atomic_fetch_add(&hand->hammer->acknowledged, 1);
    atomic_fetch_add(&hand->hammer->repeated, written->repeated ? 1 : 0);
    record(hand->hammer, ticket);
    return true;
}

/* Asks until it is acknowledged. False: refused for good. */
static bool insist(struct hand *hand, struct ticket *ticket,
                   const Heluo__V1__CataloguePutRequest *request)
{
    for (;;) {
        ProtobufCMessage *response = NULL;
        struct hl_detail detail = {0};
        hl_err err = client_call(
            hand->client, "/heluo.v1.Catalogue/Put", &request->base,
            &heluo__v1__catalogue_put_response__descriptor, &response, &detail);
        if (err == HL_OK) {
            bool good =
                take_answer(hand, ticket,
                            (const Heluo__V1__CataloguePutResponse *)response);
            protobuf_c_message_free_unpacked(response, NULL);
            return good;
        }
        atomic_fetch_add(&hand->hammer->errors[err], 1);
        if (!may_be_tried_again(err)) {
            fprintf(stderr, "hammer: refused: %s: %s\n", hl_err_name(err),
                    detail.text);
            return false;
        }
        redial(hand);
    }
}

static bool put(struct hand *hand, uint64_t number)
{
    struct ticket ticket = {0};
    make_id(hand, number, ticket.id);
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    write.command_id =
        (ProtobufCBinaryData){.data = ticket.id, .len = sizeof(ticket.id)};
    char id[40], name[64];
    snprintf(id, sizeof(id), "%016" PRIx64 "%016" PRIx64, hand->number,
             number % UNITS_OF_WRITER);
    snprintf(name, sizeof(name), "单位 %" PRIu64 "-%" PRIu64, hand->number,
             number);
    Heluo__V1__UnitRecord unit = HELUO__V1__UNIT_RECORD__INIT;
    unit.scheme = "nrii";
    unit.id = id;
    unit.name_zh = name;
    unit.kind = HELUO__V1__UNIT_KIND__UNIT_KIND_UNIVERSITY;
    unit.division = "410100";
    unit.division_revision = 2020;
    Heluo__V1__CataloguePutRequest request =
        HELUO__V1__CATALOGUE_PUT_REQUEST__INIT;
    request.write = &write;
    Heluo__V1__Record record = HELUO__V1__RECORD__INIT;
    record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    record.unit = &unit;
    request.record = &record;
    return insist(hand, &ticket, &request);
}

static void *work(void *context)
{
    struct hand *hand = context;
    struct hammer *hammer = hand->hammer;
    for (uint64_t i = 0; hammer->share == 0 ? !atomic_load(&hammer->stopped)
                                            : i < hammer->share;
         i++) {
        if (!put(hand, i)) {
            atomic_store(&hammer->wrong, true);
            return NULL;
        }
    }
    return NULL;
}

static void print_run(struct hammer *hammer)
{
    printf("acknowledged %lu repeated %lu", atomic_load(&hammer->acknowledged),
           atomic_load(&hammer->repeated));
    for (int i = 0; i < HL_ERR_COUNT; i++) {
        unsigned long count = atomic_load(&hammer->errors[i]);
        if (count > 0) {
            printf(" %s %lu", hl_err_name((hl_err)i), count);
        }
    }
    printf("\n");
}

static int run(struct hammer *hammer, uint64_t writers)
{
    static struct hand hands[WRITERS_MAX];
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    for (uint64_t i = 0; i < writers; i++) {
        hands[i] = (struct hand){.hammer = hammer, .number = i};
        hands[i].client = dial(&hammer->options);
    }
    for (uint64_t i = 0; i < writers; i++) {
        if (pthread_create(&hands[i].thread, NULL, work, &hands[i]) != 0) {
            give_up("threads", "no more");
        }
    }
    if (hammer->share == 0) {
        int signal;
        sigwait(&stop, &signal);
        atomic_store(&hammer->stopped, true);
    }
    for (uint64_t i = 0; i < writers; i++) {
        pthread_join(hands[i].thread, NULL);
        client_destroy(&hands[i].client);
    }
    print_run(hammer);
    return atomic_load(&hammer->wrong) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- Verifying. ---------------------------------------------------------- */

struct tickets {
    struct ticket *items;
    size_t count, capacity;
};

static void tickets_add(struct tickets *tickets, const struct ticket *ticket)
{
    if (tickets->count == tickets->capacity) {
        tickets->capacity = 2 * tickets->capacity + 1024;
        tickets->items = hl_realloc(tickets->items, tickets->capacity,
                                    sizeof(*tickets->items));
    }
    tickets->items[tickets->count++] = *ticket;
}

static struct tickets read_records(const char *path)
{
    struct tickets tickets = {0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        give_up(path, strerror(errno));
    }
    char id[33], leaf[65];
    struct ticket ticket;
    while (fscanf(file, "%32s %" SCNu64 " %64s", id, &ticket.index, leaf) ==
           3) {
        test_unhex(id, ticket.id, sizeof(ticket.id));
        test_unhex(leaf, ticket.leaf.bytes, sizeof(ticket.leaf.bytes));
        tickets_add(&tickets, &ticket);
    }
    fclose(file);
    return tickets;
}

static struct ticket ticket_of(struct bytes raw, uint64_t index)
{
    struct entry entry;
    struct canonical_unknown unknown = {0};
    struct hl_detail detail = {0};
    must(entry_decode(raw, &entry, &unknown, &detail), "an entry", &detail);
    if (entry.index != index || !entry.has_command) {
        give_up("an entry", "another index, or no command");
    }
    struct ticket ticket = {.index = index, .leaf = merkle_leaf(raw)};
    memcpy(ticket.id, entry.command.id, sizeof(ticket.id));
    return ticket;
}

static struct tickets read_journal(struct client *client)
{
    struct tickets tickets = {0};
    for (;;) {
        Heluo__V1__JournalEntriesRequest request =
            HELUO__V1__JOURNAL_ENTRIES_REQUEST__INIT;
        request.first = tickets.count;
        ProtobufCMessage *response = NULL;
        struct hl_detail detail = {0};
        must(client_call(client, "/heluo.v1.Journal/Entries", &request.base,
                         &heluo__v1__journal_entries_response__descriptor,
                         &response, &detail),
             "Journal.Entries", &detail);
        const Heluo__V1__JournalEntriesResponse *page =
            (const Heluo__V1__JournalEntriesResponse *)response;
        size_t count = page->n_entries;
        for (size_t i = 0; i < count; i++) {
            struct ticket ticket =
                ticket_of(bytes_of(page->entries[i].data, page->entries[i].len),
                          tickets.count);
            tickets_add(&tickets, &ticket);
        }
        protobuf_c_message_free_unpacked(response, NULL);
        if (count == 0) {
            return tickets;
        }
    }
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(((const struct ticket *)a)->id,
                  ((const struct ticket *)b)->id, HL_COMMAND_ID_BYTES);
}

static size_t count_twice(struct tickets *tickets)
{
    size_t twice = 0;
    qsort(tickets->items, tickets->count, sizeof(*tickets->items), compare_ids);
    for (size_t i = 1; i < tickets->count; i++) {
        twice += compare_ids(&tickets->items[i - 1], &tickets->items[i]) == 0;
    }
    return twice;
}

static size_t count_missing(const struct tickets *promised,
                            const struct tickets *journal)
{
    size_t missing = 0;
    for (size_t i = 0; i < promised->count; i++) {
        const struct ticket *ticket = &promised->items[i];
        if (ticket->index >= journal->count ||
            memcmp(&journal->items[ticket->index], ticket, sizeof(*ticket)) !=
                0) {
            missing++;
        }
    }
    return missing;
}

static int verify(const struct client_options *options, const char *records)
{
    struct client *client = dial(options);
    struct tickets promised = read_records(records);
    struct tickets journal = read_journal(client);
    size_t missing = count_missing(&promised, &journal);
    size_t twice = count_twice(&journal);
    size_t answered_twice = count_twice(&promised);
    printf("entries %zu acknowledged %zu missing %zu twice %zu\n",
           journal.count, promised.count, missing, twice + answered_twice);
    bool good = missing == 0 && twice == 0 && answered_twice == 0 &&
                journal.count >= promised.count;
    hl_free(promised.items);
    hl_free(journal.items);
    client_destroy(&client);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct hammer hammer;
    bool runs = argc == 7 && strcmp(argv[1], "run") == 0;
    if (!runs && !(argc == 4 && strcmp(argv[1], "verify") == 0)) {
        give_up("usage", "hammer run TARGET RECORDS SEED WRITERS COUNT, or "
                         "hammer verify TARGET RECORDS");
    }
    hammer.options =
        (struct client_options){.target = argv[2], .timeout_ms = TIMEOUT_MS};
    if (!runs) {
        return verify(&hammer.options, argv[3]);
    }
    uint64_t writers = number_of(argv[5]);
    uint64_t count = number_of(argv[6]);
    if (writers == 0 || writers > WRITERS_MAX || count % writers != 0) {
        give_up(argv[5], "WRITERS is 1 to 256, and divides COUNT");
    }
    hammer.seed = number_of(argv[4]);
    hammer.share = count / writers;
    hammer.records =
        open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (hammer.records < 0) {
        give_up(argv[3], strerror(errno));
    }
    pthread_mutex_init(&hammer.dialling, NULL);
    return run(&hammer, writers);
}
