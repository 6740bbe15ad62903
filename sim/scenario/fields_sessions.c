/* fields_sessions.c - where the state of sessions lies. */
#include "field.h"

#define STORE FIELD_WHEN(SESSIONS_STORE)

static const struct field_choice states[] = {
    { "backend", SESSIONS_BACKEND }, { "store", SESSIONS_STORE }, { NULL, 0 },
};

static const struct field session_rows[] = {
    { "state", &field_choice, FIELD_AT(sessions_config, state), .flags = FIELD_REQUIRED,
      .extra = states,
      .help = "\"backend\": in the memory of the one that served the session last, gone when that "
              "dies or another serves it; \"store\": in one that all backends ask, which loses "
              "nothing" },
    { "latency", &field_duration, FIELD_AT(sessions_config, latency), .max = 3600e9,
      .flags = FIELD_REQUIRED, .when = STORE,
      .unless = "\"latency\" belongs to the state \"store\"",
      .help = "of the store: a worker waits for it in every request" },
    { .key = NULL },
};

const struct field_table fields_sessions = {
    .name = "sessions",
    .help = "the state of sessions: runs of requests of one group of clients with one key",
    .row = session_rows, .selector = "state" };
