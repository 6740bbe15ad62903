/* plot_run.c - a figure's files, and gnuplot on them: without a shell, without the user's
 * environment or start-up files, for at most 30 s; and a look at what it left. */
#include "plot.h"

#include "../base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_PROGRAM = 127, LIMIT_SECONDS = 30 };

static void note_fault(struct report_plots *status, const char *fault)
{
    if (!status->fault)
        status->fault = fault;
}

/* ---- starting a program ---- */

static void become(const char *folder, char *const argv[], int out)
{
    char path[PLOT_PATH];
    const char *given = getenv("PATH");
    char *const environment[] = { path, "LANG=C.UTF-8", "HOME=/nonexistent", NULL };
    int null = open("/dev/null", O_RDWR);

    snprintf(path, sizeof path, "PATH=%s",
             given && *given ? given : "/usr/local/bin:/usr/bin:/bin");
    if (null < 0 || dup2(null, 0) < 0 || dup2(out >= 0 ? out : null, 1) < 0 || dup2(null, 2) < 0)
        _exit(NO_PROGRAM - 1);
    if (folder && chdir(folder) != 0)
        _exit(NO_PROGRAM - 1);
    alarm(LIMIT_SECONDS);           /* stays set across exec; the signal ends the program */
    execvpe(argv[0], argv, environment);
    _exit(errno == ENOENT ? NO_PROGRAM : NO_PROGRAM - 1);
}

/* Its exit code, or -1 when a signal ended it. */
static int run(const char *folder, char *const argv[], int out)
{
    pid_t pid = fork();
    int status = 0;

    if (pid < 0)
        return -1;
    if (pid == 0)
        become(folder, argv, out);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Inter when it is installed; DejaVu Sans otherwise, named so that widths are the known ones. */
static const char *choose_font(void)
{
    char *const argv[] = { "fc-match", "-f", "%{family}", "Inter", NULL };
    char found[64] = "";
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return "DejaVu Sans";

    int rc = run(NULL, argv, ends[1]);

    close(ends[1]);
    if (rc == 0 && read(ends[0], found, sizeof found - 1) < 0)
        found[0] = '\0';
    close(ends[0]);
    return strncmp(found, "Inter", 5) == 0 ? "Inter" : "DejaVu Sans";
}

/* ---- files ---- */

static bool path_of(char path[PLOT_PATH], const struct plot *p, const char *file)
{
    int n = snprintf(path, PLOT_PATH, "%s/%s", p->folder, file);

    return n >= 0 && n < PLOT_PATH;
}

FILE *plot_open(struct plot *p, const char *file)
{
    char path[PLOT_PATH];
    FILE *f = path_of(path, p, file) ? fopen(path, "we") : NULL;

    if (!f)
        note_fault(p->status, "a file of the figure could not be made");
    return f;
}

bool plot_close(struct plot *p, FILE *f)
{
    bool failed = !f || ferror(f);

    if (f && fclose(f) != 0)
        failed = true;
    if (failed)
        note_fault(p->status, "a file of the figure could not be written");
    return !failed;
}

bool plot_begin(struct plot *p, const char *folder, const char *name, struct report_plots *status)
{
    char settings[128], data[128];

    *p = (struct plot){ .folder = folder, .name = name, .status = status, .font = choose_font() };
    snprintf(settings, sizeof settings, "%s-settings.gp", name);
    snprintf(data, sizeof data, "%s.dat", name);
    p->settings = plot_open(p, settings);
    p->data = plot_open(p, data);
    if (p->settings && p->data) {
        fputs("# Made with the figure's data; loaded by its .gp.\n", p->settings);
        return true;
    }
    if (p->settings)
        fclose(p->settings);
    if (p->data)
        fclose(p->data);
    status->failed++;
    return false;
}

/* plots/: names without their ".gp", and texts. */
extern const char *const plot_names[], *const plot_texts[];

const char *plot_template(const char *file)
{
    for (uint32_t i = 0; plot_names[i] != NULL; i++) {
        size_t length = strlen(plot_names[i]);

        if (strncmp(file, plot_names[i], length) == 0 && strcmp(file + length, ".gp") == 0)
            return plot_texts[i];
    }
    return NULL;
}

static bool write_template(struct plot *p, const char *file)
{
    const char *text = plot_template(file);
    FILE *f = text ? plot_open(p, file) : NULL;

    if (f)
        fputs(text, f);
    return plot_close(p, f);
}

/* ---- what gnuplot left ---- */

static char *read_whole(const char *path, size_t *length)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    char *text = NULL;

    if (f && fstat(fileno(f), &st) == 0 && st.st_size > 0) {
        text = xcalloc((size_t)st.st_size + 1, 1);
        *length = fread(text, 1, (size_t)st.st_size, f);
    }
    if (f)
        fclose(f);
    return text;
}

#define FONTS "font-family=\"Inter, 'DejaVu Sans', Helvetica, Arial, sans-serif\""

/* gnuplot loses the size of a font given as a list, so the list is put in here: where the font is
 * missing, a browser would fall back to serifs.  A picture of places is not to be smoothed. */
static const struct { const char *found, *written; } svg_words[] = {
    { "font-family=\"Inter\"", FONTS },
    { "font-family=\"DejaVu Sans\"", FONTS },
    { "<image x=", "<image style='image-rendering:pixelated' x=" },
};

static bool write_svg(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    bool failed;

    if (!f)
        return false;
    while (*text) {
        size_t skip = 0;

        for (size_t i = 0; i < ARRAY_LEN(svg_words) && !skip; i++)
            if (strncmp(text, svg_words[i].found, strlen(svg_words[i].found)) == 0) {
                skip = strlen(svg_words[i].found);
                fputs(svg_words[i].written, f);
            }
        if (!skip)
            fputc(*text, f);
        text += skip ? skip : 1;
    }
    failed = ferror(f) != 0;
    return fclose(f) == 0 && !failed;
}

/* gnuplot exits 0 on a full disk: a figure is one when it is whole. */
static bool check_svg(const struct plot *p)
{
    char path[PLOT_PATH], file[128];
    size_t length = 0;
    char *text;
    bool is_whole;

    snprintf(file, sizeof file, "%s.svg", p->name);
    if (!path_of(path, p, file) || !(text = read_whole(path, &length)))
        return false;
    while (length && strchr(" \r\n\t", text[length - 1]))
        text[--length] = '\0';
    is_whole = length > 6 && strcmp(text + length - 6, "</svg>") == 0 && write_svg(path, text);
    free(text);
    return is_whole;
}

static bool check_png(const struct plot *p)
{
    static const unsigned char end[] = { 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
    char path[PLOT_PATH], file[128];
    size_t length = 0;
    char *bytes;
    bool is_whole;

    snprintf(file, sizeof file, "%s.png", p->name);
    if (!path_of(path, p, file) || !(bytes = read_whole(path, &length)))
        return false;
    is_whole = length > sizeof end && memcmp(bytes + length - sizeof end, end, sizeof end) == 0;
    free(bytes);
    return is_whole;
}

static void remove_drawn(const struct plot *p)
{
    static const char *const ending[] = { "svg", "png" };
    char path[PLOT_PATH], file[128];

    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        snprintf(file, sizeof file, "%s.%s", p->name, ending[i]);
        if (path_of(path, p, file))
            unlink(path);
    }
}

static void draw(struct plot *p)
{
    char script[128];
    char *const argv[] = { "gnuplot", "-d", script, NULL };
    int rc;

    snprintf(script, sizeof script, "%s.gp", p->name);
    rc = run(p->folder, argv, -1);
    if (rc == 0 && check_svg(p) && check_png(p)) {
        if (p->status->drawn < REPORT_FIGURES)
            p->status->name[p->status->drawn] = p->name;
        p->status->drawn++;
        return;
    }
    remove_drawn(p);
    p->status->failed++;
    if (rc == NO_PROGRAM)
        p->status->is_gnuplot_missing = true;
    note_fault(p->status, rc == NO_PROGRAM ? "gnuplot is not installed"
                          : rc < 0         ? "gnuplot was ended by a signal or took over 30 s"
                          : rc > 0         ? "gnuplot reported an error"
                                           : "gnuplot left a figure that is not whole");
}

void plot_end(struct plot *p)
{
    char script[128];
    bool ok = plot_close(p, p->settings);

    snprintf(script, sizeof script, "%s.gp", p->name);
    ok = plot_close(p, p->data) && ok;
    ok = write_template(p, "style.gp") && ok;
    ok = write_template(p, script) && ok;
    if (ok)
        draw(p);
    else
        p->status->failed++;
}
