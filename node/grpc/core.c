/* SPDX-License-Identifier: Apache-2.0 */
#include "node/grpc/core.h"

#include <grpc/grpc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/hl_assert.h"

/* Before main(): whoever is first to use libcrypto says for good whether it is
 * cleaned up (OPENSSL_init_crypto(3)). */
__attribute__((constructor)) static void keep_libcrypto(void)
{
    int kept = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    HL_ASSERT(kept == 1);
}

/* Where threads run already the same was said before: then nothing is written,
 * which they could be reading. */
static void say(const char *name, const char *value)
{
    const char *said = getenv(name);
    if (said == NULL || strcmp(said, value) != 0) {
        setenv(name, value, 1);
    }
}

void core_begin(void)
{
    /* The alliance's keys are ECDSA, this suite of TLS 1.2 wants RSA: so 1.2
     * has no suite in common with anybody, and the core knows no other way in
     * C to ask for 1.3. */
    say("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES128-GCM-SHA256");
    /* The core looks at this twice, now and when a thread first uses it, and
     * aborts where both do not say the same. */
    say("GRPC_DNS_RESOLVER", "native");
    grpc_init();
}

void core_end(void)
{
    grpc_shutdown_blocking();
}
