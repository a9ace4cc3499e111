/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/global.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "node/grpc/core.h"
#include "node/rpc/now.h"
#include "node/rpc/rpc.h"

/* The core takes a bare function for its lines: where they go has to be the
 * process's. Its threads are not waited for, and may have a line when the log
 * is no more. */
static pthread_mutex_t core_log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log *core_log; /* NULL: nowhere */

static void set_log(struct log *log)
{
    pthread_mutex_lock(&core_log_lock);
    core_log = log;
    pthread_mutex_unlock(&core_log_lock);
}

enum {
    CORE_LINE_MS = 100,
    CORE_LINES = 20,
    CONNECTION_LINE_MS = 1000,
    CONNECTION_LINES = 5,
};

bool global_tls_refusal(const char *line, const char **reason)
{
    static const char *const starts[] = {
        "Handshake failed with fatal error ",
        "Handshake failed with error ",
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        size_t size = strlen(starts[i]);
        if (strncmp(line, starts[i], size) == 0) {
            /* "SSL_ERROR_SSL: error:0A0000C7:SSL routines::<reason>" */
            const char *last = strstr(line + size, "::");
            *reason = last == NULL ? line + size : last + 2;
            return true;
        }
    }
    return false;
}

static void take_line(gpr_log_func_args *line)
{
    static struct log_limiter limiter = LOG_LIMITER(CORE_LINE_MS, CORE_LINES);
    uint64_t held = 0;
    const char *reason = NULL;
    if (line->severity < GPR_LOG_SEVERITY_ERROR ||
        !log_limit(&limiter, now_mono(), &held)) {
        return;
    }
    pthread_mutex_lock(&core_log_lock);
    if (core_log != NULL && global_tls_refusal(line->message, &reason)) {
        log_event(core_log, LOG_INFO, "tls.refused", LOG_TEXT("why", reason),
                  LOG_UINT("held", held));
    } else if (core_log != NULL) {
        log_event(core_log, LOG_WARN, "grpc.error",
                  LOG_TEXT("why", line->message), LOG_UINT("held", held));
    }
    pthread_mutex_unlock(&core_log_lock);
}

void global_connection_refused(const char *why)
{
    static struct log_limiter limiter =
        LOG_LIMITER(CONNECTION_LINE_MS, CONNECTION_LINES);
    uint64_t held = 0;
    if (log_limit(&limiter, now_mono(), &held)) {
        log_event(core_log, LOG_WARN, "connection.refused",
                  LOG_TEXT("why", why), LOG_UINT("held", held));
    }
}

void rpc_global_init(struct log *log)
{
    set_log(log);
    signal(SIGPIPE, SIG_IGN);
    gpr_set_log_function(take_line);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    core_begin();
}

void rpc_global_fini(void)
{
    core_end();
    gpr_set_log_function(NULL);
    set_log(NULL);
}
