/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/global.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "node/rpc/rpc.h"
#include "node/rpc/throttle.h"

/* The core takes a bare function for its lines: where they go has to be the
 * process's. Set before its first thread starts. */
static struct log *core_log;

enum { CORE_LINES_PER_S = 10 };

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
    static struct throttle throttle = THROTTLE_INIT(CORE_LINES_PER_S);
    uint64_t dropped = 0;
    const char *reason = NULL;
    if (line->severity < GPR_LOG_SEVERITY_ERROR ||
        !throttle_pass(&throttle, rpc_mono(), &dropped)) {
        return;
    }
    if (global_tls_refusal(line->message, &reason)) {
        log_event(core_log, LOG_INFO, "tls.refused", LOG_TEXT("why", reason),
                  LOG_UINT("unsaid", dropped));
    } else {
        log_event(core_log, LOG_WARN, "grpc.error",
                  LOG_TEXT("why", line->message), LOG_UINT("unsaid", dropped));
    }
}

void rpc_global_init(struct log *log)
{
    core_log = log;
    /* The alliance's keys are ECDSA, this suite of TLS 1.2 wants RSA: so 1.2
     * has no suite in common with anybody, and the core knows no other way to
     * ask for 1.3. */
    setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES128-GCM-SHA256", 1);
    signal(SIGPIPE, SIG_IGN);
    gpr_set_log_function(take_line);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    grpc_init();
}

void rpc_global_fini(void)
{
    grpc_shutdown_blocking();
    gpr_set_log_function(NULL);
    core_log = NULL;
}
