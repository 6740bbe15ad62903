/* unit.h - a test file is a program: functions, a table of them, UNIT_MAIN("suite", tests).
 *
 * CUnit does the counting; it stays silent but for failures (file:line: condition) and one last
 * line `unit suite: N passed, N failed`.  Exit 0 or 1.  Names in the table state facts. */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>

#include <stdio.h>
#include <stdlib.h>

struct unit_test { const char *name; void (*run)(void); };

static inline int unit_main(const char *suite, const struct unit_test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;

    CU_pSuite s = CU_add_suite(suite, NULL, NULL);

    for (size_t i = 0; i < count; i++)
        if (!s || !CU_add_test(s, tests[i].name, tests[i].run))
            return 1;
    CU_run_all_tests();
    for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
        fprintf(stderr, "%s:%u: %s: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
                f->pTest ? f->pTest->pName : suite, f->strCondition ? f->strCondition : "failed");

    unsigned failed = CU_get_number_of_tests_failed();

    printf("unit %s: %u passed, %u failed\n", suite, (unsigned)count - failed, failed);
    CU_cleanup_registry();
    return failed ? 1 : 0;
}

#define UNIT_MAIN(suite, tests)                                              \
    int main(void)                                                           \
    {                                                                        \
        return unit_main(suite, tests, sizeof(tests) / sizeof((tests)[0]));  \
    }

#endif
