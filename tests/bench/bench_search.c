/* SPDX-License-Identifier: Apache-2.0 */

/* What bench_search.sh measures of ours:
 *
 *   bench_search FOLDER UNITS INSTRUMENTS <QUESTIONS
 *
 * makes an index in the folder, which is empty, asks it each line of its input
 * twice, and changes some instruments, one by one. Reading the files is not
 * counted: Watch brings records, not files. Without files it asks the index
 * that a former call left there: for profiles. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/search/query.h"
#include "protocol/base/alloc.h"
#include "tests/bench/bench_latency.h"
#include "tests/search/load.h"

enum { HITS = 20, FACETS_TOLD = 10, QUESTIONS_MAX = 10000, ROUNDS = 2 };
enum { ONLINE_EVERY = 50 };

struct bench {
    struct search_index *index;
    struct hl_detail detail;
    uint64_t put_ns, count;
    uint64_t online_ns, online_count;
    uint64_t ask_ns[QUESTIONS_MAX];
    size_t asked, loose;
};

static void must(const struct bench *bench, hl_err err)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_search: %s\n", bench->detail.text);
        exit(EXIT_FAILURE);
    }
}

static void put(void *context, const struct document *document)
{
    struct bench *bench = context;
    int64_t start = bench_now_ns();
    must(bench, search_index_put(bench->index, document, &bench->detail));
    bench->put_ns += (uint64_t)(bench_now_ns() - start);
    bench->count++;
}

/* As when a record changes: its texts are taken out of the index and put in. */
static void put_some(void *context, const struct document *document)
{
    struct bench *bench = context;
    if (bench->count++ % ONLINE_EVERY == 0) {
        struct document changed = *document;
        changed.prose = bytes_slice(document->prose, 0, 0);
        int64_t start = bench_now_ns();
        must(bench, search_index_put(bench->index, &changed, &bench->detail));
        must(bench, search_index_put(bench->index, document, &bench->detail));
        bench->online_ns += (uint64_t)(bench_now_ns() - start) / 2;
        bench->online_count++;
    }
}

static void ask(struct bench *bench, const char *text)
{
    static struct search_result result;
    struct search_query query = {
        .text = bytes_of_text(text),
        .kinds = 1u << record_kind_of_word("instrument")->number,
        .max_worth_fen = UINT64_MAX,
        .hits = HITS,
        .facets = FACETS_TOLD,
    };
    int64_t start = bench_now_ns();
    must(bench, search_ask(bench->index, &query, &result, &bench->detail));
    uint64_t took = (uint64_t)(bench_now_ns() - start);
    bench->loose += result.loose;
    bench->ask_ns[bench->asked++] = took;
    if (getenv("BENCH_SEARCH_EACH") != NULL) {
        fprintf(stderr, "%.3f\t%s\t%llu\t%d\n", (double)took / 1e6, text,
                (unsigned long long)result.total, result.loose);
    }
    search_result_fini(&result);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void print_part(const struct bench *bench, const char *name,
                       size_t per_cent)
{
    size_t at = bench->asked * per_cent / 100;
    printf("%s_ms %.3f\n", name, (double)bench->ask_ns[at] / 1e6);
}

static void print_asked(struct bench *bench)
{
    qsort(bench->ask_ns, bench->asked, sizeof(bench->ask_ns[0]), by_size);
    printf("asked %zu\n", bench->asked);
    printf("loose %zu\n", bench->loose);
    print_part(bench, "p50", 50);
    print_part(bench, "p90", 90);
    print_part(bench, "p99", 99);
}

/* The first round brings the index into memory. */
static void ask_all(struct bench *bench)
{
    char(*lines)[SEARCH_TEXT_MAX_BYTES + 2] =
        hl_alloc(QUESTIONS_MAX, sizeof(*lines));
    size_t count = 0;
    while (count < QUESTIONS_MAX &&
           fgets(lines[count], sizeof(lines[0]), stdin) != NULL) {
        lines[count][strcspn(lines[count], "\n")] = '\0';
        count++;
    }
    for (unsigned round = 0; round < ROUNDS && count > 0; round++) {
        bench->asked = bench->loose = 0;
        for (size_t i = 0; i < count; i++) {
            ask(bench, lines[i]);
        }
    }
    hl_free(lines);
    if (count > 0) {
        print_asked(bench);
    }
}

static void make(struct bench *bench, char **argv)
{
    must(bench, search_index_create(argv[1], &bench->index, &bench->detail));
    load_documents(argv[2], "unit", put, bench);
    load_documents(argv[3], "instrument", put, bench);
    int64_t start = bench_now_ns();
    must(bench, search_index_loaded(bench->index, &bench->detail));
    printf("documents %llu\n", (unsigned long long)bench->count);
    printf("put_s %.3f\n", (double)bench->put_ns / 1e9);
    printf("fill_s %.3f\n", (double)(bench_now_ns() - start) / 1e9);
}

static void change(struct bench *bench, const char *instruments)
{
    load_documents(instruments, "instrument", put_some, bench);
    printf("online_us %.1f\n",
           (double)bench->online_ns / 1e3 / (double)bench->online_count);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: bench_search FOLDER [UNITS INSTRUMENTS] "
                        "<QUESTIONS\n");
        return 2;
    }
    must(&bench, search_library_open(&bench.detail));
    if (argc == 4) {
        make(&bench, argv);
    } else {
        must(&bench, search_index_open(argv[1], &bench.index, &bench.detail));
    }
    ask_all(&bench);
    if (argc == 4) {
        change(&bench, argv[3]);
    }
    must(&bench, search_index_close(&bench.index, true, &bench.detail));
    search_library_close();
    return EXIT_SUCCESS;
}
