/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_FUZZ_IDENTITY_TRUST_H
#define HL_TESTS_FUZZ_IDENTITY_TRUST_H

/* Made by make_identity.c, with corpus/identity. */

static const char identity_roots[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBUzCB+6ADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3p5IHJvb3Qw\n"
    "HhcNNzAwMTAxMDAwMDAxWhcNNzAwMTEyMTM0NjQwWjASMRAwDgYDVQQDDAd6eSBy\n"
    "b290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqg/ReZvfKzBURHdIR11OmudY\n"
    "8saCLsMYjJbUxCtrv0+MLHqlWP/ExuBlOqzYezDfvOxSYnnHTodXUi1CJD9nFKNC\n"
    "MEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFJC6\n"
    "LYis1xf/cwooUw/MdpCp2o6tMAoGCCqGSM49BAMCA0cAMEQCIDo3a8YqnLP0F+Qw\n"
    "//4bSrrZ+0mXCgX/eLyo2Pvb+E8NAiB6GBNYnPRh0NDMUtKxIlyTJgwED1VzyqeB\n"
    "3c2VahjdTg==\n"
    "-----END CERTIFICATE-----\n";

static const char identity_crls[] =
    "-----BEGIN X509 CRL-----\n"
    "MIGwMFcCAQEwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHenkgcm9vdBcNNzAwMTAx\n"
    "MDAxNTAwWhcNNzAwMTAxMDA1MDAwWjAUMBICAUIXDTcwMDEwMTAwMTUwMFowCgYI\n"
    "KoZIzj0EAwIDSQAwRgIhAJ5QhyN78Y7m+ZZYmUgkvSA5R7AnnqwYM3ZWYGRHO9K+\n"
    "AiEAmK+Jy7VtrvHl7UXWlEuQxWb5lLcKgJFerFwyzW7uiAI=\n"
    "-----END X509 CRL-----\n"
    "-----BEGIN X509 CRL-----\n"
    "MIGYMEECAQEwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHYmV0d2VlbhcNNzAwMTAx\n"
    "MDAxNTAwWhcNNzAwMTAxMDA1MDAwWjAKBggqhkjOPQQDAgNHADBEAiBbpmSuC7Ta\n"
    "J27mw0TIropxIXgX+Frj5ZZtuA/gWimttAIgILRv5RD1pCaTgVP5e3dDBjT2GqZ/\n"
    "S6gTWZfUjrScjdQ=\n"
    "-----END X509 CRL-----\n";

#endif
