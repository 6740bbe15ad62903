/* figure_remap_table.c - the key space before and after a change, each place in the colour of its
 * owner, and who moved. */
#include "figures.h"

#include "columns.h"

#include <inttypes.h>

enum { MOST_LOOKS = 4, SIDE = REPORT_REMAP_SIDE, PLACES = SIDE * SIDE };

struct colour { uint8_t red, green, blue; };

/* Okabe and Ito's without yellow, slate and brown: as far as eyes can name them. */
static const struct colour named[] = {
    { 0x00, 0x72, 0xb2 }, { 0xd5, 0x5e, 0x00 }, { 0x00, 0x9e, 0x73 }, { 0xcc, 0x79, 0xa7 },
    { 0xe6, 0x9f, 0x00 }, { 0x56, 0xb4, 0xe9 }, { 0x3b, 0x47, 0x54 }, { 0x8c, 0x56, 0x4b },
};

static const struct colour nobody = { 255, 255, 255 }, stayed = { 0xe3, 0xe7, 0xeb },
                           had_to = { 0xe6, 0x9f, 0x00 }, needless = { 0xc0, 0x39, 0x2b };

/* Towards white for the second and third eight of backends, then the round begins again. */
static struct colour owner_colour(uint32_t owner)
{
    uint32_t pale = owner / ARRAY_LEN(named) % 3;
    struct colour c = named[owner % ARRAY_LEN(named)];

    if (owner == UINT32_MAX)
        return nobody;
    c.red = (uint8_t)(c.red + (255 - c.red) * pale / 4);
    c.green = (uint8_t)(c.green + (255 - c.green) * pale / 4);
    c.blue = (uint8_t)(c.blue + (255 - c.blue) * pale / 4);
    return c;
}

static struct colour move_colour(const struct report_remap_place *p)
{
    return p->before == p->after ? stayed : p->had_to ? had_to : needless;
}

static void put_colour(FILE *f, struct colour c)
{
    fprintf(f, " %u %u %u", c.red, c.green, c.blue);
}

/* A block an algorithm: gnuplot's `index`. */
static void put_look(FILE *f, const struct report_remap_look *look)
{
    for (uint32_t i = 0; i < PLACES; i++) {
        const struct report_remap_place *p = &look->place[i];

        fprintf(f, "%" PRIu32 " %" PRIu32, i % SIDE, i / SIDE);
        put_colour(f, owner_colour(p->before));
        put_colour(f, owner_colour(p->after));
        put_colour(f, move_colour(p));
        fputc('\n', f);
    }
    fputs("\n\n", f);
}

struct moves { double all, needless; };         /* shares of the places */

static struct moves moves_of(const struct report_remap_look *look)
{
    struct moves m = { 0, 0 };

    for (uint32_t i = 0; i < PLACES; i++) {
        const struct report_remap_place *p = &look->place[i];

        m.all += p->before != p->after ? 1.0 / PLACES : 0;
        m.needless += p->before != p->after && !p->had_to ? 1.0 / PLACES : 0;
    }
    return m;
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, ((const struct report_remap_look *)arg)[i].algorithm, 32));
}

static void put_moved(FILE *f, uint32_t i, void *arg)
{
    char share[COLUMNS_CELL], note[2 * COLUMNS_CELL];

    columns_percent(share, moves_of(&((const struct report_remap_look *)arg)[i]).all);
    snprintf(note, sizeof note, "%s of these places moved,", share);
    plot_quote(f, note);
}

static void put_needless(FILE *f, uint32_t i, void *arg)
{
    char share[COLUMNS_CELL], note[2 * COLUMNS_CELL];

    columns_percent(share, moves_of(&((const struct report_remap_look *)arg)[i]).needless);
    snprintf(note, sizeof note, "%s without need", share);
    plot_quote(f, note);
}

void report_plot_remap_table(const struct report_remap_look *looks, uint32_t n, const char *change,
                             const char *folder, struct report_plots *status)
{
    char subtitle[256], cut[COLUMNS_CELL];
    struct plot p;

    n = n < MOST_LOOKS ? n : MOST_LOOKS;
    if (n == 0 || !plot_begin(&p, folder, "remap_table", status))
        return;
    fputs("# column row, red green blue of: before, after, moved\n", p.data);
    for (uint32_t i = 0; i < n; i++)
        put_look(p.data, &looks[i]);
    snprintf(subtitle, sizeof subtitle,
             "%" PRIu32 " backends, change: %s. %d places of the space of hashes, row by row.",
             looks[0].backends, columns_name(cut, change, 40), PLACES);
    plot_size(&p, 1200, 150 + 290 * n);
    plot_headline(&p, "Who owns the keys, before and after", subtitle);
    plot_number(&p, "n", n);
    plot_array(&p, "name", n, put_name, (void *)(uintptr_t)looks);
    plot_array(&p, "moved", n, put_moved, (void *)(uintptr_t)looks);
    plot_array(&p, "needless", n, put_needless, (void *)(uintptr_t)looks);
    plot_end(&p);
}
