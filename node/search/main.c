/* SPDX-License-Identifier: Apache-2.0 */

/* The process `heluo-search`: keeps the text index up with the node's
 * catalogue, and answers the node from it. */

#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "node/daemon/config.h"
#include "node/daemon/supervise.h"
#include "node/search/index_service.h"
#include "node/search/keeping.h"
#include "node/search/place.h"
#include "protocol/base/alloc.h"

#define DEFAULT_CONFIG "/etc/heluo/heluod.conf"

enum {
    TICK_MS = 200,
    GRACE_MS = 1000,
    /* heluod alone asks, with a few calls at a time. */
    THREADS = 2,
    CALLS = 64,
    MESSAGE_MAX_BYTES = 65536,
};

struct arguments {
    const char *config;
    long parent; /* process that started it; 0: nobody who is to be followed */
};

struct process {
    struct config config;
    char folder[SEARCH_PATH_BYTES], socket[SEARCH_PATH_BYTES];
    struct log *log;
    struct keeping keeping;
    struct search_index *index;
    struct follower *follower;
    struct index_service service;
    struct gate *gate;
    struct rpc_server *server;
    struct writer token;
    atomic_bool failed;
};

static void print_help(void)
{
    puts(
        "NAME\n"
        "  heluo-search - the text index of a city's node\n"
        "\n"
        "SYNOPSIS\n"
        "  heluo-search [--config FILE] [--parent PID]\n"
        "\n"
        "DESCRIPTION\n"
        "  Follows the node's catalogue through its socket, indexes every\n"
        "  city's records in <store>/search, and answers the node's searches.\n"
        "  heluod starts it and starts it again (search = run), or systemd\n"
        "  does (search = apart). While it is away the node answers searches\n"
        "  with HL_EAWAY, and does everything else.\n"
        "\n"
        "  The index is never the truth: it is made anew whenever it was not\n"
        "  closed whole. It may be removed while heluo-search is stopped.\n"
        "\n"
        "  --config FILE  heluod's; default " DEFAULT_CONFIG "\n"
        "  --parent PID   end when that process, which started it, ends\n"
        "  --version\n"
        "\n"
        "SIGNALS\n"
        "  SIGTERM, SIGINT  close the index whole, and end\n"
        "\n"
        "EXIT STATUS\n"
        "  0, or the error's (heluo errors). 53, HL_EDIFFERS: the index did\n"
        "  not fit any more; start it again, and it will be made anew.\n"
        "\n"
        "SEE ALSO\n"
        "  heluod, heluo search, heluo help config");
}

/* False: the program ends with *status. */
static bool parse(int argc, char **argv, struct arguments *out, int *status)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"parent", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'p':
            out->parent = strtol(optarg, NULL, 10);
            break;
        case 'h':
            print_help();
            return false;
        case 'v':
            puts("heluo-search " HELUO_VERSION);
            return false;
        default:
            *status = hl_err_exit(HL_EUSAGE);
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "heluo-search: '%s' is not understood; try --help\n",
                argv[optind]);
        *status = hl_err_exit(HL_EUSAGE);
        return false;
    }
    return true;
}

static int complain(const char *about, hl_err err,
                    const struct hl_detail *detail)
{
    fprintf(stderr, "heluo-search: %s: %s: %s\n", about, hl_err_text(err),
            detail->text);
    return hl_err_exit(err);
}

/* --- Starting and stopping. ---------------------------------------------- */

static void on_failed(void *context)
{
    struct process *process = context;
    atomic_store(&process->failed, true);
}

static hl_err start_server(struct process *process, struct hl_detail *detail)
{
    const struct config *config = &process->config;
    struct rpc_server_options options = {
        .socket_path = process->socket,
        .socket_mode = 0600,
        .services = process->service.table,
        .limits = {.threads = THREADS,
                   .calls_max = CALLS,
                   .calls_per_caller = CALLS,
                   .rate_burst = 1,
                   .connections_max = 1,
                   .message_max_bytes = MESSAGE_MAX_BYTES,
                   .handshake_timeout_ms = (uint32_t)config->handshake_ms,
                   .idle_timeout_ms = (uint32_t)config->idle_ms,
                   .keepalive_ms = (uint32_t)config->keepalive_ms,
                   .admission_interval_ms =
                       (uint32_t)config->admission_interval_s * 1000},
        .log = process->log,
    };
    process->gate = gate_create(bytes_of_text(config->alliance),
                                bytes_of_text(config->node));
    options.gate = process->gate;
    return rpc_server_start(&options, NULL, &process->server, detail);
}

static hl_err start(struct process *process, struct hl_detail *detail)
{
    hl_err err = search_paths(&process->config, process->folder,
                              process->socket, detail);
    if (err == HL_OK) {
        err = keeping_open(&process->keeping, process->folder, &process->index,
                           &process->token, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (process->keeping.fresh) {
        log_event(process->log, LOG_INFO, "search.new",
                  LOG_TEXT("why", process->keeping.why));
    }
    struct follower_options options = {.socket = process->config.socket,
                                       .folder = process->folder,
                                       .index = process->index,
                                       .token = writer_view(&process->token),
                                       .log = process->log,
                                       .failed = on_failed,
                                       .context = process};
    follower_create(&options, &process->follower);
    index_service_init(&process->service, process->index, process->follower);
    err = start_server(process, detail);
    if (err == HL_OK) {
        follower_start(process->follower);
    }
    return err;
}

static hl_err stop(struct process *process, hl_err err,
                   struct hl_detail *detail)
{
    bool whole = false;
    rpc_server_stop(&process->server, GRACE_MS);
    writer_clear(&process->token);
    if (process->follower != NULL) {
        follower_stop(&process->follower, &whole, &process->token);
    }
    if (err == HL_OK && whole) {
        err = keeping_keep(&process->keeping, &process->index,
                           writer_view(&process->token), detail);
    }
    hl_err closed = search_index_close(&process->index, false, detail);
    keeping_close(&process->keeping);
    gate_destroy(&process->gate);
    writer_fini(&process->token);
    return err == HL_OK ? closed : err;
}

static hl_err look_after(struct process *process, long parent,
                         struct hl_detail *detail)
{
    supervise_ready();
    for (;;) {
        enum supervise_event event = supervise_wait(TICK_MS);
        if (atomic_load(&process->failed)) {
            return hl_fail(detail, HL_EDIFFERS,
                           "the index is to be made anew: start again");
        }
        if (event == SUPERVISE_STOP || (parent != 0 && getppid() != parent)) {
            return HL_OK;
        }
        if (supervise_watchdog_ms() > 0) {
            supervise_watchdog();
        }
    }
}

static void start_log(struct process *process)
{
    enum log_level level = LOG_INFO;
    enum log_format format = LOG_AS_TEXT;
    (void)log_level_parse(process->config.log_level, &level);
    (void)log_format_parse(process->config.log_format, &format);
    process->log = log_create(STDERR_FILENO, format, level);
}

static hl_err run(struct process *process, long parent,
                  struct hl_detail *detail)
{
    supervise_begin();
    if (parent != 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        /* systemd has an eye on that one alone. */
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
    }
    start_log(process);
    rpc_global_init(process->log);
    hl_err err = search_library_open(detail);
    if (err == HL_OK) {
        err = start(process, detail);
        if (err == HL_OK) {
            err = look_after(process, parent, detail);
        }
        supervise_stopping();
        err = stop(process, err, detail);
        search_library_close();
    }
    rpc_global_fini();
    if (err != HL_OK) {
        log_failure(process->log, LOG_ERROR, "search.ended", process->folder,
                    err, detail);
    }
    log_destroy(&process->log);
    return err;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    struct hl_detail detail = {0};
    int status = 0;
    if (!parse(argc, argv, &arguments, &status)) {
        return status;
    }
    struct process *process = hl_alloc(1, sizeof(*process));
    hl_err err = config_read(arguments.config, &process->config, &detail);
    if (err != HL_OK) {
        hl_free(process);
        return complain(arguments.config, err, &detail);
    }
    err = run(process, arguments.parent, &detail);
    config_fini(&process->config);
    hl_free(process);
    return hl_err_exit(err);
}
