/* test_pool.c - arena, free list, and what happens when memory runs out. */
#include "unit.h"

#include "../../sim/base/pool.h"
#include "../../sim/base/xalloc.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* So that the test of exhaustion sees NULL under AddressSanitizer too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void arena_memory_is_zeroed_aligned_and_apart(void)
{
    static const size_t sizes[] = { 1, 16, 0, 100, 70000, 3, 20000, 64 * 1024, 17 };
    struct arena a = { NULL };

    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            unsigned char *p = arena_alloc(&a, sizes[i]);

            CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                CU_ASSERT_EQUAL_FATAL(p[k], 0);
            memset(p, 0xaa, sizes[i]);
        }
    arena_fini(&a);
    CU_ASSERT_PTR_NULL(a.last);
}

static void arena_text_is_a_copy(void)
{
    struct arena a = { NULL };
    char text[] = "edge";
    char *copy = arena_text(&a, text);

    text[0] = 'x';
    CU_ASSERT_STRING_EQUAL(copy, "edge");
    CU_ASSERT_STRING_EQUAL(arena_text(&a, ""), "");
    arena_fini(&a);
}

static void pool_indexes_are_dense_and_objects_never_move(void)
{
    enum { N = 5 * POOL_CHUNK + 3 };
    struct pool p;
    void *first;

    pool_init(&p, 40);
    CU_ASSERT_EQUAL(p.size, 48);
    for (uint32_t i = 0; i < N; i++) {
        CU_ASSERT_EQUAL(pool_take(&p), i);
        memset(pool_at(&p, i), (int)(i & 255), 40);
        if (i == 0)
            first = pool_at(&p, 0);
    }
    CU_ASSERT_EQUAL(p.live, N);
    CU_ASSERT_PTR_EQUAL(pool_at(&p, 0), first);
    for (uint32_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(((unsigned char *)pool_at(&p, i))[39], i & 255);
    pool_fini(&p);
}

static void the_latest_freed_object_is_reused_first(void)
{
    struct pool p;

    pool_init(&p, 16);
    for (int i = 0; i < 10; i++)
        pool_take(&p);
    pool_give(&p, 3);
    pool_give(&p, 7);
    CU_ASSERT_EQUAL(p.live, 8);
    CU_ASSERT_EQUAL(pool_take(&p), 7);
    CU_ASSERT_EQUAL(pool_take(&p), 3);
    CU_ASSERT_EQUAL(pool_take(&p), 10);
    pool_fini(&p);
}

static void a_new_object_is_zeroed(void)
{
    struct pool p;
    static const char zero[64];

    pool_init(&p, 64);
    for (int i = 0; i < POOL_CHUNK + 1; i++)
        CU_ASSERT_EQUAL(memcmp(pool_at(&p, pool_take(&p)), zero, 64), 0);
    pool_fini(&p);
}

static void nothing_is_still_something(void)
{
    void *p[] = { xcalloc(0, 8), xcalloc(8, 0), xrealloc(NULL, 0, 8), xaligned(64, 0),
                  xstrdup("") };

    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        CU_ASSERT_PTR_NOT_NULL(p[i]);
        free(p[i]);
    }
}

static void aligned_memory_is_aligned_and_zeroed(void)
{
    unsigned char *p = xaligned(64, 100);

    CU_ASSERT_EQUAL((uintptr_t)p % 64, 0);
    for (int i = 0; i < 128; i++)
        CU_ASSERT_EQUAL(p[i], 0);
    free(p);
}

/* Runs way n of running out in a child; its stderr comes back in text. */
static int exhaust(int n, char *text, size_t size)
{
    volatile size_t huge = SIZE_MAX / 2 + 2;
    int end[2];

    CU_ASSERT_EQUAL_FATAL(pipe(end), 0);

    pid_t child = fork();

    if (child == 0) {
        dup2(end[1], STDERR_FILENO);
        switch (n) {
        case 0: free(xcalloc(huge, 1)); break;
        case 1: free(xcalloc(huge, 4)); break;
        case 2: free(xrealloc(NULL, huge, 3)); break;
        case 3: free(xaligned(64, huge)); break;
        }
        _exit(0);
    }
    close(end[1]);

    ssize_t got = 0, step;

    while ((step = read(end[0], text + got, size - 1 - (size_t)got)) > 0)
        got += step;
    text[got] = '\0';
    close(end[0]);

    int status;

    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void out_of_memory_exits_3_with_one_line(void)
{
    char text[4096];

    for (int n = 0; n < 4; n++) {
        CU_ASSERT_EQUAL(exhaust(n, text, sizeof text), 3);

        char *line = strstr(text, "lblab: out of memory\n");

        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        CU_ASSERT_STRING_EQUAL(line, "lblab: out of memory\n");
    }
}

static const struct unit_test tests[] = {
    { "arena_memory_is_zeroed_aligned_and_apart", arena_memory_is_zeroed_aligned_and_apart },
    { "arena_text_is_a_copy", arena_text_is_a_copy },
    { "pool_indexes_are_dense_and_objects_never_move",
      pool_indexes_are_dense_and_objects_never_move },
    { "the_latest_freed_object_is_reused_first", the_latest_freed_object_is_reused_first },
    { "a_new_object_is_zeroed", a_new_object_is_zeroed },
    { "nothing_is_still_something", nothing_is_still_something },
    { "aligned_memory_is_aligned_and_zeroed", aligned_memory_is_aligned_and_zeroed },
    { "out_of_memory_exits_3_with_one_line", out_of_memory_exits_3_with_one_line },
};

UNIT_MAIN("pool", tests)
