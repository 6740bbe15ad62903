/* profile.c - see profile.h.  A policy's text is a word of `policies`, its argument if it takes
 * one, and further words of the table that the policy names: each sets members of the algorithm. */
#include "profile.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 16, MOST_NAMES = 128 };

/* "random(3)": the word and what stands in its brackets. */
struct token { char word[64], argument[64]; bool has_argument; };
struct tokens { struct token token[MOST_WORDS]; uint32_t count; };

int profile_open(struct profile *p, const char *name)
{
    struct err *err = xcalloc(1, sizeof *err);
    uint32_t k = 0;
    int rc = -1;

    while (profile_names[k] && strcmp(profile_names[k], name) != 0)
        k++;
    err_init(err);
    if (profile_names[k]) {
        rc = doc_open_text(&p->doc, profile_names[k], profile_texts[k], strlen(profile_texts[k]),
                           err);
        assert(rc == 0);            /* it was built in: a fault of ours, held by a test */
        p->name = profile_names[k];
    }
    free(err);
    return rc;
}

void profile_fini(struct profile *p)
{
    doc_fini(&p->doc);
}

/* ---- words ---- */

static const char *copy_until(char *to, size_t size, const char *from, const char *ends)
{
    size_t length = strcspn(from, ends);

    snprintf(to, size, "%.*s", (int)length, from);
    return from + length;
}

static void split(const char *text, struct tokens *t)
{
    *t = (struct tokens){ .count = 0 };
    while (t->count < MOST_WORDS) {
        struct token *token = &t->token[t->count];

        text += strspn(text, " \t");
        if (!*text)
            return;
        text = copy_until(token->word, sizeof token->word, text, " \t(");
        t->count++;
        if (*text != '(')
            continue;
        text = copy_until(token->argument, sizeof token->argument, text + 1, ")");
        text += *text == ')';
        token->has_argument = true;
    }
}

static const cJSON *words_of(const struct profile *p, const cJSON *policy)
{
    const cJSON *name = doc_get(policy, "words");

    return name ? doc_get(doc_get(p->doc.root, "words"), name->valuestring) : NULL;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits < 10 && text[digits] == '\0';
}

static void set_member(cJSON *algorithm, const char *key, cJSON *value)
{
    if (doc_get(algorithm, key))
        cJSON_ReplaceItemInObjectCaseSensitive(algorithm, key, value);
    else
        cJSON_AddItemToObject(algorithm, key, value);
}

static enum profile_answer tell_unknown(struct profile_policy *out, const char *word)
{
    snprintf(out->word, sizeof out->word, "%s", word);
    return PROFILE_NO_WORD;
}

/* Sets what a word (or a policy) says; `argument` may be NULL. */
static enum profile_answer apply(struct profile_policy *out, const cJSON *entry, const char *word,
                                 const char *argument)
{
    const cJSON *reason = doc_get(entry, "not_modelled"), *number = doc_get(entry, "number");
    const cJSON *member;

    snprintf(out->word, sizeof out->word, "%s", word);
    if (reason) {
        snprintf(out->why, sizeof out->why, "%s", reason->valuestring);
        return PROFILE_NOT_MODELLED;
    }
    cJSON_ArrayForEach(member, doc_get(entry, "set")) {
        set_member(out->algorithm, member->string, cJSON_Duplicate(member, true));
    }
    if (number && argument) {
        if (!is_number(argument))
            return tell_unknown(out, argument);
        set_member(out->algorithm, number->valuestring,
                   cJSON_CreateNumber(strtod(argument, NULL)));
    }
    return PROFILE_OK;
}

/* The argument of the policy's own word: in brackets, or the next word. */
static const char *own_argument(const cJSON *policy, const cJSON *words, const struct tokens *t,
                                uint32_t *next)
{
    bool takes_key = cJSON_IsTrue(doc_get(policy, "key"));
    bool takes_number = doc_get(policy, "number") != NULL;
    const char *word = t->count > 1 ? t->token[1].word : NULL;

    *next = 1;
    if (t->token[0].has_argument)
        return t->token[0].argument;
    if (!word || !(takes_key || (takes_number && isdigit((unsigned char)word[0]))) ||
        doc_get(words, word))
        return NULL;
    *next = 2;
    return word;
}

/* Of a further word: in brackets, or the next word where a number belongs to it: "len 5". */
static const char *word_argument(const cJSON *entry, const struct tokens *t,
                                 const struct token *token, uint32_t *next)
{
    if (token->has_argument)
        return token->argument;
    if (!doc_get(entry, "number") || *next == t->count || !is_number(t->token[*next].word))
        return NULL;
    return t->token[(*next)++].word;
}

static enum profile_answer resolve(const struct profile *p, const struct tokens *t,
                                   struct profile_policy *out)
{
    const cJSON *policy = doc_get(doc_get(p->doc.root, "policies"), t->token[0].word);
    const cJSON *words = words_of(p, policy);
    enum profile_answer answer;
    uint32_t next;

    if (!policy)
        return tell_unknown(out, t->token[0].word);

    const char *argument = own_argument(policy, words, t, &next);

    out->algorithm = cJSON_Duplicate(doc_get(policy, "algorithm"), true);
    out->is_random = cJSON_IsTrue(doc_get(policy, "is_random"));
    answer = apply(out, policy, t->token[0].word, argument);
    while (next < t->count && answer == PROFILE_OK) {
        const struct token *token = &t->token[next++];
        const cJSON *entry = doc_get(words, token->word);

        answer = entry ? apply(out, entry, token->word, word_argument(entry, t, token, &next))
                       : tell_unknown(out, token->word);
    }
    return answer;
}

enum profile_answer profile_resolve(const struct profile *p, const char *text,
                                    struct profile_policy *out)
{
    struct tokens t;
    enum profile_answer answer = PROFILE_NO_WORD;

    *out = (struct profile_policy){ .algorithm = NULL };
    split(text, &t);
    if (t.count)
        answer = resolve(p, &t, out);
    if (answer != PROFILE_OK)
        profile_policy_fini(out);
    return answer;
}

void profile_policy_fini(struct profile_policy *policy)
{
    cJSON_Delete(policy->algorithm);
    policy->algorithm = NULL;
}

const char *profile_nearest(const struct profile *p, const char *word)
{
    const char *names[MOST_NAMES + 1];
    const cJSON *entry, *table;
    uint32_t count = 0;

    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "policies"))
        if (count < MOST_NAMES)
            names[count++] = entry->string;
    cJSON_ArrayForEach(table, doc_get(p->doc.root, "words")) {
        cJSON_ArrayForEach(entry, table) {
            if (count < MOST_NAMES)
                names[count++] = entry->string;
        }
    }
    names[count] = NULL;
    return text_nearest(word, names);
}
