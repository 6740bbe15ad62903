/* test_err.c - how faults are collected, and files of strangers refused. */
#include "unit.h"

#include "../../sim/base/err.h"
#include "../../sim/base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_fault_of_the_input_exits_2(void)
{
    struct err err;

    err_init(&err);
    CU_ASSERT_EQUAL(err.exit_code, 0);
    CU_ASSERT_EQUAL(err_input(&err, "E101", "unknown algorithm \"%s\"", "ewmaa"), -1);
    err_hint(&err, "did you mean \"%s\"?", "ewma");
    CU_ASSERT_EQUAL(err.exit_code, 2);
    CU_ASSERT_EQUAL(err.errors, 1);
    CU_ASSERT_STRING_EQUAL(err.item[0].code, "E101");
    CU_ASSERT_STRING_EQUAL(err.item[0].what, "unknown algorithm \"ewmaa\"");
    CU_ASSERT_STRING_EQUAL(err.item[0].hint, "did you mean \"ewma\"?");
}

static void a_fault_of_the_machine_exits_3_and_tells_errno(void)
{
    struct err err;

    err_init(&err);
    errno = ENOSPC;
    CU_ASSERT_EQUAL(err_machine(&err, "cannot write %s", "x.json"), -1);
    CU_ASSERT_EQUAL(err.exit_code, 3);
    CU_ASSERT_STRING_EQUAL(err.item[0].what, "cannot write x.json: No space left on device");
    err_input(&err, "E101", "more");
    CU_ASSERT_EQUAL(err.exit_code, 3);
    errno = 0;
    err_machine(&err, "a worker died");
    CU_ASSERT_STRING_EQUAL(err.item[2].what, "a worker died");
}

static void a_warning_alone_does_not_fail(void)
{
    struct err err;

    err_init(&err);
    err_add(&err, ERR_WARNING, "W001");
    CU_ASSERT_EQUAL(err.exit_code, 0);
    CU_ASSERT_EQUAL(err.warnings, 1);
    CU_ASSERT_EQUAL(err.kept, 1);
}

static void beyond_twenty_faults_only_the_count_grows(void)
{
    struct err err;

    err_init(&err);
    for (int i = 0; i < 1000; i++)
        err_input(&err, "E1", "fault %d", i);
    err_hint(&err, "of the last");
    CU_ASSERT_EQUAL(err.errors, 1000);
    CU_ASSERT_EQUAL(err.kept, ERR_KEPT);
    CU_ASSERT_STRING_EQUAL(err.item[ERR_KEPT - 1].what, "fault 19");
    CU_ASSERT_STRING_EQUAL(err.item[ERR_KEPT - 1].hint, "");
}

static void warnings_give_way_to_errors(void)
{
    struct err err;

    err_init(&err);
    for (int i = 0; i < 30; i++)
        snprintf(err_add(&err, ERR_WARNING, "W1")->what, 100, "warning %d", i);
    err_input(&err, "E1", "the error");
    err_hint(&err, "its hint");
    CU_ASSERT_EQUAL(err.kept, ERR_KEPT);
    CU_ASSERT_STRING_EQUAL(err.item[ERR_KEPT - 2].what, "warning 18");
    CU_ASSERT_STRING_EQUAL(err.item[ERR_KEPT - 1].what, "the error");
    CU_ASSERT_STRING_EQUAL(err.item[ERR_KEPT - 1].hint, "its hint");
    CU_ASSERT_EQUAL(err.warnings, 30);
}

static void long_texts_are_cut(void)
{
    struct err err;
    char text[5000];

    err_init(&err);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_input(&err, "E123456789", "%s", text);
    err_hint(&err, "%s", text);
    CU_ASSERT_EQUAL(strlen(err.item[0].what), sizeof err.item[0].what - 1);
    CU_ASSERT_EQUAL(strlen(err.item[0].hint), sizeof err.item[0].hint - 1);
    CU_ASSERT_STRING_EQUAL(err.item[0].code, "E123456");
}

static void what_is_not_a_plain_file_is_refused_without_blocking(void)
{
    char fifo[] = "/tmp/lblab-test-XXXXXX", large[] = "/tmp/lblab-test-XXXXXX";
    int fd = mkstemp(large);

    CU_ASSERT_EQUAL(write(fd, "12345", 5), 5);
    close(fd);
    close(mkstemp(fifo));
    unlink(fifo);
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);

    const struct { const char *path, *code, *what; } row[] = {
        { "/nonexistent/x.json", "E011", "No such file or directory" },
        { "/tmp", "E012", "is a directory" },
        { fifo, "E012", "is not a regular file" },
        { "/dev/zero", "E012", "is not a regular file" },
        { "/nonexistent/\x1b[31m", "E011", "\\x1b[31m" },
        { large, "E013", "is larger than 4 B" },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct err err;
        size_t length;

        err_init(&err);
        CU_ASSERT_PTR_NULL(text_read_file(row[i].path, 4, &length, &err));
        CU_ASSERT_EQUAL(err.exit_code, 2);
        CU_ASSERT_STRING_EQUAL(err.item[0].code, row[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.item[0].what, row[i].what));
    }
    unlink(fifo);
    unlink(large);
}

static void a_file_is_read_whole_and_ended_by_nul(void)
{
    static const size_t sizes[] = { 0, 1, 4, 65534, 65535, 65536, 300000 };
    char path[] = "/tmp/lblab-test-XXXXXX";
    int fd = mkstemp(path);
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct err err;
        size_t length = 99;

        for (; at < sizes[i]; at++)
            CU_ASSERT_EQUAL_FATAL(write(fd, at % 7 ? "a" : "", 1), 1);
        err_init(&err);

        char *text = text_read_file(path, sizes[i], &length, &err);

        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_EQUAL(length, sizes[i]);
        CU_ASSERT_EQUAL(text[length], '\0');
        for (size_t k = 0; k < length; k++)
            CU_ASSERT_EQUAL_FATAL(text[k], k % 7 ? 'a' : '\0');
        free(text);
        CU_ASSERT_PTR_NULL(sizes[i] ? text_read_file(path, sizes[i] - 1, &length, &err) : NULL);
    }
    close(fd);
    unlink(path);
}

static void a_dash_reads_standard_input_through_a_pipe(void)
{
    int end[2], old = dup(STDIN_FILENO);
    struct err err;
    size_t length = 0;

    CU_ASSERT_EQUAL(pipe(end), 0);
    CU_ASSERT_EQUAL(write(end[1], "{}", 2), 2);
    close(end[1]);
    dup2(end[0], STDIN_FILENO);
    err_init(&err);

    char *text = text_read_file("-", 100, &length, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "{}");
    CU_ASSERT_EQUAL(length, 2);
    free(text);
    dup2(old, STDIN_FILENO);
    close(old);
    close(end[0]);
}

static const struct unit_test tests[] = {
    { "a_fault_of_the_input_exits_2", a_fault_of_the_input_exits_2 },
    { "a_fault_of_the_machine_exits_3_and_tells_errno",
      a_fault_of_the_machine_exits_3_and_tells_errno },
    { "a_warning_alone_does_not_fail", a_warning_alone_does_not_fail },
    { "beyond_twenty_faults_only_the_count_grows", beyond_twenty_faults_only_the_count_grows },
    { "warnings_give_way_to_errors", warnings_give_way_to_errors },
    { "long_texts_are_cut", long_texts_are_cut },
    { "what_is_not_a_plain_file_is_refused_without_blocking",
      what_is_not_a_plain_file_is_refused_without_blocking },
    { "a_file_is_read_whole_and_ended_by_nul", a_file_is_read_whole_and_ended_by_nul },
    { "a_dash_reads_standard_input_through_a_pipe", a_dash_reads_standard_input_through_a_pipe },
};

UNIT_MAIN("err", tests)
