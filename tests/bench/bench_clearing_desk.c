/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_clearing_desk.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/tools/mark_file.h"
#include "node/desk/desk.h"
#include "node/projection/cycles.h"
#include "node/writer/proposal_command.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { TURNS = 10, WARM_UP = 20, CLOCK_JUMP_MS = 1000 };

static const int64_t second_ns = 1000000000, approval_max_ns = 60000000000;

struct bench {
    struct clearing_load *load;
    struct signer signer;
    struct mark_file mark;
    struct author *author;
    struct writer_thread *writer;
    struct desk *desk;
    atomic_bool counting; /* the desk has a job */
    unsigned counts;
    struct clearing_desk_times *out;
};

/* --- The clock: the world's day, and from there on as it passes. ---------- */

static int64_t began_ns, world_ms;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

static struct hl_wall wall(void)
{
    return (struct hl_wall){world_ms + (now_ns() - began_ns) / 1000000};
}

static struct clock_reading read_clock(void)
{
    return (struct clock_reading){.mono.ns = now_ns(), .wall = wall()};
}

/* --- Writer and desk. ---------------------------------------------------- */

static void open_mark(struct bench *bench)
{
    char path[128];
    struct hl_detail detail = {0};
    struct mark mark = {.key = bench->signer.vkey, .head = head_empty()};
    struct writer text = {0};
    snprintf(path, sizeof(path), "%s/mark", bench->load->of.world.folder);
    mark_file_text(&mark, &text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    HL_ASSERT(fd >= 0);
    ssize_t written = write(fd, text.data, text.size);
    HL_ASSERT(written == (ssize_t)text.size);
    close(fd);
    writer_fini(&text);
    clearing_must(mark_file_open(path, &bench->mark, &detail), &detail);
}

static hl_err keep_mark(void *context, const struct head *head,
                        struct hl_detail *detail)
{
    return mark_file_write(context, head, detail);
}

static void committed(void *context)
{
    desk_wake(((struct bench *)context)->desk);
}

static void failed(void *context)
{
    (void)context;
    fprintf(stderr, "bench_clearing: a write failed\n");
    exit(1);
}

static void start_writer(struct bench *bench)
{
    struct hl_detail detail = {0};
    hl_err refusal = HL_OK;
    struct author_options options = {
        .store = bench->load->of.world.store,
        .origin = bench->signer.vkey.name,
        .signers = &bench->signer,
        .signer_count = 1,
        .mark = &bench->mark.mark,
        .keeper = {.context = &bench->mark, .write = keep_mark},
    };
    clearing_must(
        author_create(&options, &bench->author, &refusal, &detail, &detail),
        &detail);
    clearing_must(refusal, &detail);
    struct writer_options writing = {
        .author = bench->author,
        .limits = {.queue_commands = 10000,
                   .commit_entries = 2000,
                   .commit_ms = 20},
        .clock = read_clock,
        .clock_jump_ms = CLOCK_JUMP_MS,
        .context = bench,
        .committed = committed,
        .failed = failed,
    };
    writer_start(&writing, &bench->writer);
}

static void start(struct bench *bench)
{
    struct clearing_load *load = bench->load;
    bench->signer = clearing_load_signer(load);
    began_ns = now_ns();
    world_ms = load->of.now.ms;
    open_mark(bench);
    bench->desk = desk_create(&(struct desk_options){
        .store = load->of.world.store,
        .origin = bench->signer.vkey.name,
        .wall = wall,
        .limits = {.pay_max_fen = UINT64_MAX,
                   .debtor_max_fen = UINT64_MAX,
                   .pay_days = 1,
                   .hour = -1},
    });
    start_writer(bench);
    desk_set_charter(bench->desk, load->charter.raw);
    desk_start(bench->desk, bench->writer);
}

static void stop(struct bench *bench)
{
    desk_stop(bench->desk);
    writer_stop(&bench->writer, false);
    desk_destroy(&bench->desk);
    author_destroy(&bench->author);
    mark_file_close(&bench->mark);
    signer_fini(&bench->signer);
}

/* --- The client. --------------------------------------------------------- */

struct placing {
    struct proposal_command command; /* first */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool answered;
};

static void answered(struct write_command *of,
                     const struct write_answer *answer)
{
    struct placing *placing = (struct placing *)of;
    clearing_must(answer->err, answer->detail);
    pthread_mutex_lock(&placing->mutex);
    placing->answered = true;
    pthread_cond_signal(&placing->changed);
    pthread_mutex_unlock(&placing->mutex);
}

static const struct write_type type = {
    .name = "order",
    .run = proposal_command_run,
    .difference = proposal_command_difference,
    .answer = answered,
};

/* Milliseconds until it is on the disk. */
static double place(struct bench *bench)
{
    uint8_t id[VOUCHER_ID_BYTES];
    struct order_place order;
    struct proposal entry = {
        .made = true, .body_type = entry_body_type(ORDER_BODY_PLACE, true)};
    struct placing placing = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    struct hl_detail detail = {0};
    clearing_load_place(bench->load, &order, id);
    record_encode(&order_placing, &order, &entry.body);
    proposal_command_init(&placing.command,
                          bytes_of_text(bench->signer.vkey.name), &entry,
                          &type);
    int64_t since = now_ns();
    clearing_must(
        writer_submit(bench->writer, &placing.command.command, 1, &detail),
        &detail);
    pthread_mutex_lock(&placing.mutex);
    while (!placing.answered) {
        pthread_cond_wait(&placing.changed, &placing.mutex);
    }
    pthread_mutex_unlock(&placing.mutex);
    double ms = (double)(now_ns() - since) / 1e6;
    proposal_command_fini(&placing.command);
    proposal_fini(&entry);
    return ms;
}

/* --- Jobs of the desk. --------------------------------------------------- */

static void counted(void *context, hl_err err, const struct hl_detail *detail,
                    const struct desk_result *result)
{
    struct bench *bench = context;
    (void)result;
    clearing_must(err, detail);
    bench->counts++;
    atomic_store(&bench->counting, false);
}

static void propose(struct bench *bench, bool preview)
{
    struct hl_detail detail = {0};
    atomic_store(&bench->counting, true);
    clearing_must(
        desk_propose(bench->desk, NULL, 0, preview, counted, bench, &detail),
        &detail);
}

/* Whether the desk said yes to the own proposal. */
static void look(void *context, const struct clearing_view *view, hl_err err,
                 const struct hl_detail *detail)
{
    struct bench *bench = context;
    struct hl_detail why = {0};
    struct cycle last;
    bool found = false;
    clearing_must(err, detail);
    clearing_must(clearing_last(view, &last, &found, &why), &why);
    bench->out->approved = found && last.answer == CYCLE_APPROVED;
    atomic_store(&bench->counting, false);
}

static void look_for_approval(struct bench *bench)
{
    struct hl_detail detail = {0};
    atomic_store(&bench->counting, true);
    clearing_must(desk_read(bench->desk, look, bench, &detail), &detail);
}

/* --- Turns. -------------------------------------------------------------- */

struct times {
    double *ms;
    size_t count, room;
};

static void add(struct times *times, double ms)
{
    if (times->count == times->room) {
        times->room = times->room * 2 + 1000;
        times->ms = hl_realloc(times->ms, times->room, sizeof(double));
    }
    times->ms[times->count++] = ms;
}

static void place_while(struct bench *bench, struct times *times, int64_t until)
{
    while (now_ns() < until || atomic_load(&bench->counting)) {
        add(times, place(bench));
    }
}

static void count_until(struct bench *bench, struct times *times, int64_t until)
{
    do {
        propose(bench, true);
        place_while(bench, times, 0);
    } while (now_ns() < until);
}

/* Which comes behind the jobs that wait. */
static void await_approval(struct bench *bench, struct times *times)
{
    int64_t until = now_ns() + approval_max_ns;
    while (!bench->out->approved && now_ns() < until) {
        look_for_approval(bench);
        place_while(bench, times, 0);
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static struct clearing_pauses sum_up(struct times *times)
{
    qsort(times->ms, times->count, sizeof(double), compare);
    struct clearing_pauses out = {
        .orders = times->count,
        .p50_ms = times->ms[times->count / 2],
        .p99_ms = times->ms[times->count * 99 / 100],
        .max_ms = times->ms[times->count - 1],
    };
    hl_free(times->ms);
    return out;
}

void clearing_desk_measure(struct clearing_load *load, unsigned seconds,
                           struct clearing_desk_times *out)
{
    struct bench bench = {.load = load, .out = out};
    struct times resting = {0}, counting = {0};
    const int64_t turn_ns = (int64_t)seconds * second_ns;
    *out = (struct clearing_desk_times){0};
    start(&bench);
    for (int i = 0; i < WARM_UP; i++) {
        (void)place(&bench);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        place_while(&bench, &resting, now_ns() + turn_ns);
        count_until(&bench, &counting, now_ns() + turn_ns);
    }
    propose(&bench, false);
    place_while(&bench, &counting, 0);
    await_approval(&bench, &counting);
    out->resting = sum_up(&resting);
    out->counting = sum_up(&counting);
    out->counts = bench.counts;
    stop(&bench);
}
