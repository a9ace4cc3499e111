/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/signer.h"

#include "protocol/base/hl_assert.h"

hl_err signer_sign(const struct signer *signer, struct bytes message,
                   uint8_t signature[SIGNATURE_BYTES])
{
    HL_ASSERT(signer->sign != NULL);
    return signer->sign(signer->context, message, signature);
}

void signer_fini(struct signer *signer)
{
    if (signer->destroy != NULL) {
        signer->destroy(signer->context);
    }
    *signer = (struct signer){0};
}

hl_err verifier_verify(const struct verifier *verifier, const struct vkey *key,
                       struct bytes message,
                       const uint8_t signature[SIGNATURE_BYTES])
{
    HL_ASSERT(verifier->verify != NULL);
    if (key->kind == VKEY_IGNORED) {
        return HL_ESIGNATURE;
    }
    return verifier->verify(verifier->context, key, message, signature);
}
