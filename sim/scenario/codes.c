/* codes.c - see codes.h.  E00: text, E01: file, E1: meaning, W2: warnings. */
#include "codes.h"

#include <stddef.h>
#include <string.h>

const struct scenario_code scenario_codes[] = {
    { "E001", "The text is not JSON (RFC 8259). JSON has no comments, no trailing commas, no "
              "single quotes." },
    { "E002", "The text is not clean UTF-8: a byte-order mark, bad bytes, half a surrogate pair or "
              "\\u0000." },
    { "E003", "A key is given twice in one object; programs differ in which one they take, so "
              "neither is." },
    { "E004", "A limit on the text: 16 MiB, 64 levels, 1000000 values, 4096 keys an object, 64 KiB "
              "a string, 64 characters a number." },
    { "E005", "A number beyond what a double can hold, like 1e400." },
    { "E011", "The file cannot be opened." },
    { "E012", "The path is not a regular file: a folder, a pipe or a device." },
    { "E013", "The file is larger than 16 MiB." },
    { "E100",
      "A value is of another type than expected: text for a number, a list for an object." },
    { "E101", "No algorithm has this name. `lblab list algorithms` shows them all." },
    { "E102", "A word outside the few that are allowed here." },
    { "E103", "No distribution has this name. `lblab list distributions` shows them all." },
    { "E105", "Two policies would have the same name in the answer; change a parameter or add a "
              "\"label\"." },
    { "E106", "compare.baseline is none of compare.algorithms." },
    { "E107", "The algorithm itself refuses: its parameters do not fit each other or the number of "
              "backends." },
    { "E108", "No profile has this name. `lblab list profiles` shows them all." },
    { "E109", "The product has no such policy, or has one that no algorithm here models; `lblab "
              "explain PROFILE` shows its words." },
    { "E110", "A duration is text with a unit: \"250us\", \"10ms\", \"1m30s\". A bare number could "
              "mean anything." },
    { "E111", "A rate is text with a unit: \"500/s\", \"2k/s\", \"120/m\"." },
    { "E112", "A value outside its range; the message says which is allowed." },
    { "E113", "The run has no end, two ends, a stop rule that cannot work, or nothing left to "
              "measure after warm-up." },
    { "E114", "A name that cannot be one: names are used in paths and file names." },
    { "E115",
      "Text with control characters or characters that change its direction, or too long." },
    { "E116", "The keys or values of a distribution do not fit each other." },
    { "E117",
      "A list with another number of entries than there are backends, or weights that are all 0." },
    { "E120", "An unknown key. Keys that start with \"x-\" and \"$comment\" are left alone." },
    { "E121", "A required key is missing." },
    { "E122", "A key that means nothing here because of another one, like retries at an l4." },
    { "E123", "A scenario of a format version that this program does not know." },
    { "E130", "One name, or one link, given twice. Clients, balancers and backends share one set "
              "of names." },
    { "E131", "A name that nothing bears." },
    { "E132", "An event for a backend, or an instance of a balancer, that does not exist at that "
              "time." },
    { "E133", "An event after the end of the run." },
    { "E140", "Balancers that send in a circle: requests would never reach a backend." },
    { "E141", "A balancer or a pool that no request ever reaches." },
    { "E142", "Two kinds of tier that cannot follow each other." },
    { "E143", "A link where no traffic goes, or where \"rtt\" says the time already." },
    { "E144", "A rule of \"routes\" that never decides: one before it matches all that it does." },
    { "E150", "A trace, a table or a file of keys cannot be read, or a row of it is wrong." },
    { "E151", "A path that leads out of the scenario's folder; --allow-path permits one more." },
    { "E160", "-s names a path that a scenario does not have." },
    { "E161", "-s is not of the form PATH=VALUE, or -a not a list of algorithms." },
    { "E170", "More policies x seeds than can be run in one go; the message says the most." },
    { "E171", "More events than can be simulated in days: lower the rate, the duration or the "
              "seeds." },
    { "E172", "A cell that needs more memory than 8 GB: lower the counts or shorten the trace." },
    { "E173", "This algorithm does not map keys to backends, or not keys of this kind: there is "
              "nothing to remap." },
    { "E174", "Removing so many backends, or their crash, leaves none; or the one whose weight "
              "should change is not there." },
    { "E180", "An assertion that cannot be read: METRIC[@POLICY] OP VALUE, or METRIC[@POLICY] OP "
              "[FACTOR *] METRIC[@POLICY], with < <= > or >=." },
    { "E181", "An assertion about a policy that is not compared, or about several at once." },
    { "E182", "The `during` of an assertion: a part of the run such as \"20s..40s\", after warm-up "
              "and before the end." },
    { "E190", "The values of a sweep: 2 to 200 different ones, as a list or as ranges "
              "FROM..TO/STEP with units (8..16/2, 200/s..900/s/100/s); loads in % of the "
              "capacity." },
    { "E191", "The load of this scenario cannot be set by scaling rates: closed loops and traces "
              "have none, and unlimited workers have no capacity." },
    { "E192", "A scenario with this value of its sweep is not valid; the message says why." },
    { "E195", "A step of a case that is none, is two at once, or cannot be at this point: a "
              "release before its pick, or twice; the last backend removed." },
    { "E300", "The file is not a result, or a part of one: results are read from their "
              "result.json or the folder that holds it. Written whole or not at all, so a part "
              "is a copy that was "
              "cut." },
    { "E301", "Two results of different scenarios, before -s and --seed: what differs is named. A "
              "change between them would be one of the question, not of the answer." },
    { "E302", "The file was written by another version, in a form that this one does not read." },
    { "E303", "The file was changed since it was written: its numbers do not follow from its runs, "
              "or its result_sha256 is not that of scenario and runs." },
    { "E310", "The golden file is not one, is of another version, or is cut at this place. Write "
              "it "
              "again with `lblab check ... --write-golden FILE`." },
    { "E311", "`check` found nothing to check: no assertion, no baseline, no golden file." },
    { "E320", "The file is not a recording, or a value of it is not what its kind of recording "
              "needs." },
    { "W201", "A pool is offered more than it can serve: queues grow as long as the run lasts." },
    { "W202", "A percentile that fewer than five requests lie beyond: mostly chance." },
    { "W203", "A backend hangs and no one has a timeout, so its requests never end." },
    { "W204", "An assertion of the file was left out: -a or -d took away what it is about." },
    { "W205", "A stop rule ended with the most seeds that it may take, its interval still too "
              "wide." },
    { "W206", "Several seeds of a scenario whose arrivals and demands all come from traces: they "
              "differ in nothing but the policies' own draws." },
    { "W207", "A rule of \"routes\" that no client's requests match." },
    { "W208", "A router (\"ecmp\") before a single instance of a balancer: every flow goes "
              "there." },
    { "W209", "An algorithm goes by what backends say of their load, and none speaks to it." },
    { "W210", "\"reports\" or \"signal_delay\" where no algorithm goes by what backends say." },
    { "W211", "An l4 without a flow table, and an algorithm that does not hash: each packet of a "
              "connection goes to another backend, which resets it." },
    { "W310", "There is no baseline of this scenario: only what it asserts is checked." },
    { NULL, NULL },
};

const char *scenario_code_meaning(const char *code)
{
    for (const struct scenario_code *c = scenario_codes; c->code; c++)
        if (strcmp(c->code, code) == 0)
            return c->meaning;
    return NULL;
}
