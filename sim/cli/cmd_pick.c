/* cmd_pick.c - which backend would each request go to: one algorithm over a list of steps. */
#include "answer.h"
#include "plugin.h"
#include "verbs.h"

#include "../base/text.h"
#include "../picks/play.h"
#include "../report/columns.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

static const char *shown_answer(const struct pick_answer *a)
{
    return a->backend ? a->backend : a->was_queued ? "queued" : NULL;
}

static void print_json(struct cli *cli, const struct pick_case *c, const struct pick_record *r)
{
    struct json j = answer_begin(cli, "pick");

    json_text(&j, "algorithm", c->policy.label);
    json_open(&j, "picks", '[');
    for (uint32_t k = 0; k < r->picks; k++)
        json_text(&j, NULL, shown_answer(&r->answer[k]));
    json_close(&j, ']');
    json_open(&j, "dequeued", '[');
    for (uint32_t k = 0; k < r->dequeues; k++) {
        json_open(&j, NULL, '{');
        json_count(&j, "step", r->dequeued[k].step + 1);
        json_count(&j, "pick", r->dequeued[k].pick + 1);
        json_text(&j, "backend", r->dequeued[k].backend);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    answer_end(&j, cli);
}

/* An address is 4 or 16 bytes; other keys are as they were given. */
static void put_key(FILE *out, const struct pick_step *s)
{
    char safe[64];

    if (!s->key)
        return;
    if (s->is_address)
        inet_ntop(s->key_length == 4 ? AF_INET : AF_INET6, s->key, safe, sizeof safe);
    else
        text_safe(safe, sizeof safe, s->key, s->key_length);
    fprintf(out, "  %s", safe);
}

static void put_pick(struct cli *cli, const struct pick_case *c, uint32_t pick,
                     const struct pick_step *s, const struct pick_answer *a)
{
    const char *answer = shown_answer(a);
    char buf[COLUMNS_CELL];
    bool has_more = s->key || c->instances > 1;

    fprintf(cli->out, "  %6" PRIu32 "  ", pick + 1);
    columns_left(cli->out, columns_name(buf, answer ? answer : "none", 24), has_more ? 24 : 0);
    if (c->instances > 1)
        fprintf(cli->out, "  instance %" PRIu32, s->instance);
    put_key(cli->out, s);
    fputc('\n', cli->out);
}

static void put_dequeued(struct cli *cli, const struct pick_dequeued *d)
{
    char buf[COLUMNS_CELL];

    fprintf(cli->out, "          pick %" PRIu32 " leaves the queue for %s\n", d->pick + 1,
            columns_name(buf, d->backend, 60));
}

static void print_text(struct cli *cli, const struct pick_case *c, const struct pick_record *r)
{
    uint32_t pick = 0, dequeued = 0;

    for (uint32_t k = 0; k < c->steps; k++) {
        if (c->step[k].kind == STEP_PICK) {
            put_pick(cli, c, pick, &c->step[k], &r->answer[pick]);
            pick++;
        }
        for (; dequeued < r->dequeues && r->dequeued[dequeued].step == k; dequeued++)
            put_dequeued(cli, &r->dequeued[dequeued]);
    }
}

static int play(struct cli *cli, const struct plugins *plugins, struct arena *arena)
{
    struct pick_record record = { .picks = 0 };
    struct pick_case c;
    int rc = pick_case_load(&c, arena, cli->words.item[0],
                            plugins->count ? plugins->ops : NULL, &cli->err);

    if (rc == 0)
        rc = pick_play(&c, &record, &cli->err);
    if (rc == 0 && cli->opt.wants_json)
        print_json(cli, &c, &record);
    else if (rc == 0)
        print_text(cli, &c, &record);
    pick_record_fini(&record);
    return rc == 0 ? 0 : 2;
}

static int run(struct cli *cli)
{
    struct arena arena = { .last = NULL };
    struct plugins plugins;
    int code = plugin_load(&plugins, cli->opt.plugins.item, cli->opt.plugins.count, &cli->err) < 0
             ? 3 : play(cli, &plugins, &arena);

    arena_fini(&arena);
    plugin_unload(&plugins);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_pick = {
    .name = "pick", .words = "CASE", .min_words = 1, .max_words = 1,
    .summary = "which backend would each request go to: picks, step by step",
    .details =
        "A case is JSON: \"algorithm\" as in a scenario, \"backends\" with name, address,\n"
        "weight, id, limit, backup, down, and \"steps\", each one of\n"
        "  {\"pick\": \"key\" or null or {\"address\": \"10.0.0.1\"}}  beside it: instance, avoid\n"
        "  {\"release\": 1}  ends pick 1; beside it: result, latency, load\n"
        "  {\"wait\": \"2s\"}  {\"down\": \"s3\"}  {\"up\": \"s3\"}  {\"weight\": [\"s1\", 4]}\n"
        "  {\"limit\": [\"s1\", 2]}  {\"add\": {\"name\": \"s4\"}}  {\"remove\": \"s3\"}\n"
        "  {\"reload\": [backends]}",
    .examples = "lblab pick case.json\nlblab pick - --json <case.json",
    .opts = opts, .run = run,
};
