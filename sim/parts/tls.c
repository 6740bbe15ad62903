/* tls.c - presets and round trips. */
#include "tls.h"

void tls_complete(struct tls_config *c)
{
    static const nsec full[] = {
        [TLS_ECDSA_P256] = 100 * MICROSECOND, [TLS_RSA_2048] = 450 * MICROSECOND,
    };

    if (c->handshake == NEVER)
        c->handshake = full[c->key];
    if (c->resumed == NEVER)
        c->resumed = 70 * MICROSECOND;
}

uint32_t tls_rounds(const struct tls_config *c, bool is_resumed)
{
    static const uint32_t rounds[][2] = {
        [TLS_1_2] = { 2, 1 }, [TLS_1_3] = { 1, 1 }, [TLS_0_RTT] = { 1, 0 },
    };

    return rounds[c->version][is_resumed];
}
