/* SPDX-License-Identifier: Apache-2.0 */

/* In a process that serves, a client is the first to use the core: the core
 * is configured once, whoever comes first, and what configures it is not
 * changed any more. And what its threads use is there until the process is not.
 */

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/client/client.h"
#include "node/rpc/rpc.h"
#include "tests/support/support.h"

static void a_client_may_be_first_after_the_start(void **state)
{
    (void)state;
    struct client *client = NULL;
    struct client_options options = {.target = "unix:nobody.sock",
                                     .timeout_ms = 100};
    unsetenv("GRPC_DNS_RESOLVER");
    rpc_global_init(NULL);
    assert_int_equal(HL_OK, client_create(&options, &client, NULL));
    client_destroy(&client);
    rpc_global_fini();
}

static void a_client_changes_no_environment(void **state)
{
    (void)state;
    struct client *client = NULL;
    struct client_options options = {.target = "unix:nobody.sock",
                                     .timeout_ms = 100};
    rpc_global_init(NULL);
    const char *dns = getenv("GRPC_DNS_RESOLVER");
    const char *suites = getenv("GRPC_SSL_CIPHER_SUITES");
    assert_int_equal(HL_OK, client_create(&options, &client, NULL));
    assert_ptr_equal(dns, getenv("GRPC_DNS_RESOLVER"));
    assert_ptr_equal(suites, getenv("GRPC_SSL_CIPHER_SUITES"));
    client_destroy(&client);
    rpc_global_fini();
}

static int digest(void)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    return EVP_Digest("x", 1, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : 1;
}

static void digest_last(void)
{
    _exit(digest());
}

/* Threads of the core dialled on in libcrypto while the exit took it away. */
static void libcrypto_is_there_until_the_process_is_not(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* What is registered first is called last. */
        (void)atexit(digest_last);
        exit(digest());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First: the child forks before anything is initialized. */
        cmocka_unit_test(libcrypto_is_there_until_the_process_is_not),
        cmocka_unit_test(a_client_may_be_first_after_the_start),
        cmocka_unit_test(a_client_changes_no_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
