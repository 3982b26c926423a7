/* Runs lines through the interface in C and prints the bits of all their figures. */
#include "mm1.h"
#include "bottling.h"
#include "bakery.h"
#include "measured.h"
#include "twice.h"
#include "stuck.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                                   \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #what, flowline_error());                           \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const flowline_line *line_of(const char *name) {
    if (!strcmp(name, "mm1")) return mm1_line();
    if (!strcmp(name, "bottling")) return bottling_line();
    if (!strcmp(name, "bakery")) return bakery_line();
    if (!strcmp(name, "measured")) return measured_line();
    if (!strcmp(name, "twice")) return twice_line();
    fprintf(stderr, "no line %s\n", name);
    exit(1);
}

/* To the end of the warm-up. */
static void warm_up(flowline_run *run) {
    CHECK(flowline_advance(run, flowline_warmup(run)) == FLOWLINE_OK);
    CHECK(flowline_measure(run) == FLOWLINE_OK);
}

static uint64_t bits(flowline_run *run, size_t index) {
    double value;
    uint64_t word;
    CHECK(flowline_read(run, index, &value) == FLOWLINE_OK);
    memcpy(&word, &value, sizeof word);
    return word;
}

static uint64_t *all_bits(flowline_run *run) {
    size_t n = flowline_figures(run);
    uint64_t *all = malloc(n * sizeof *all);
    for (size_t i = 0; i < n; i++) all[i] = bits(run, i);
    return all;
}

static int same(const uint64_t *a, const uint64_t *b, size_t n) { return !memcmp(a, b, n * sizeof *a); }

/* figures LINE SEED REPLICATION [NAME VALUE]... */
static void figures(int n, char **args) {
    flowline_run *run;
    CHECK(n >= 3);
    CHECK(!flowline_create(line_of(args[0]), strtoull(args[1], 0, 10), strtoull(args[2], 0, 10), &run));
    for (int i = 3; i + 1 < n; i += 2) CHECK(!flowline_set(run, args[i], args[i + 1]));
    warm_up(run);
    CHECK(flowline_advance(run, flowline_horizon(run)) >= 0);
    for (size_t i = 0; i < flowline_figures(run); i++) {
        const char *section, *entity, *item, *measure;
        size_t found;
        CHECK(!flowline_figure(run, i, &section, &entity, &item, &measure));
        CHECK(!flowline_find(run, section, entity, item, measure, &found) && found == i);
        printf("%s\t%s\t%s\t%s\t%016llx\n", section, entity, item, measure, (unsigned long long)bits(run, i));
    }
    flowline_destroy(run);
}

/* json LINE SEED REPLICATION */
static void json(char **args) {
    flowline_run *run;
    const char *text;
    CHECK(!flowline_create(line_of(args[0]), strtoull(args[1], 0, 10), strtoull(args[2], 0, 10), &run));
    warm_up(run);
    CHECK(flowline_advance(run, flowline_horizon(run)) >= 0);
    CHECK(!flowline_results(run, &text));
    fputs(text, stdout);
    flowline_destroy(run);
}

/* states LINE OTHER_LINE: saved at half time, run on, restored, run on: the same. What is no state is refused. */
static void states(char **args) {
    const flowline_line *line = line_of(args[0]);
    flowline_run *run, *other, *foreign;
    CHECK(!flowline_create(line, 5, 2, &run));
    size_t n = flowline_figures(run);
    warm_up(run);
    int64_t end = flowline_horizon(run), half = end / 2;
    CHECK(flowline_advance(run, half) == FLOWLINE_OK);
    size_t size = flowline_state_size(run);
    CHECK(size > 64 && size % 8 == 0);
    unsigned char *block = malloc(size + 8), *bad = malloc(size + 8);
    CHECK(flowline_save(run, block, size - 1) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_save(run, block, size) == FLOWLINE_OK);
    uint64_t *then = all_bits(run);

    CHECK(flowline_advance(run, end) == FLOWLINE_OK);
    uint64_t *first = all_bits(run);
    CHECK(!same(then, first, n));
    CHECK(flowline_restore(run, block, size) == FLOWLINE_OK);
    CHECK(flowline_now(run) == half);
    uint64_t *again = all_bits(run);
    CHECK(same(then, again, n));
    /* In small steps, which do not matter. */
    for (int64_t at = half; at < end; at += (end - half) / 7 + 1) CHECK(flowline_advance(run, at) == FLOWLINE_OK);
    CHECK(flowline_advance(run, end) == FLOWLINE_OK);
    uint64_t *second = all_bits(run);
    CHECK(same(first, second, n));

    /* Another run of the line, with another seed. */
    CHECK(!flowline_create(line, 6, 0, &other));
    CHECK(flowline_advance(other, end / 3) == FLOWLINE_OK);
    CHECK(flowline_restore(other, block, size) == FLOWLINE_OK);
    CHECK(flowline_advance(other, end) == FLOWLINE_OK);
    uint64_t *third = all_bits(other);
    CHECK(same(first, third, n));
    CHECK(flowline_begin(other, 6, 0) == FLOWLINE_OK);
    CHECK(flowline_now(other) == 0);
    CHECK(flowline_begin(other, 5, 2) == FLOWLINE_OK);
    warm_up(other);
    CHECK(flowline_advance(other, end) == FLOWLINE_OK);
    uint64_t *fourth = all_bits(other);
    CHECK(same(first, fourth, n));

    /* What is no state of this line changes nothing. */
    CHECK(!flowline_create(line_of(args[1]), 5, 2, &foreign));
    CHECK(flowline_restore(foreign, block, size) == FLOWLINE_BAD_STATE);
    CHECK(strstr(flowline_error(), "another line"));
    CHECK(flowline_now(foreign) == 0);
    for (size_t at = 0; at < size; at += size / 50 + 1) {
        memcpy(bad, block, size);
        bad[at] ^= 0x20;
        CHECK(flowline_restore(other, bad, size) == FLOWLINE_BAD_STATE);
    }
    memcpy(bad, block, size);
    CHECK(flowline_restore(other, bad, size - 8) == FLOWLINE_BAD_STATE);
    CHECK(flowline_restore(other, bad, size - 3) == FLOWLINE_BAD_STATE);
    CHECK(flowline_restore(other, bad, size + 8) == FLOWLINE_BAD_STATE);
    CHECK(flowline_restore(other, bad, 16) == FLOWLINE_BAD_STATE);
    CHECK(flowline_restore(other, bad, 0) == FLOWLINE_BAD_STATE);
    memset(bad, 0, size);
    CHECK(flowline_restore(other, bad, size) == FLOWLINE_BAD_STATE);
    CHECK(flowline_now(other) == end);
    uint64_t *fifth = all_bits(other);
    CHECK(same(first, fifth, n));
    flowline_destroy(run);
    flowline_destroy(other);
    flowline_destroy(foreign);
    uint64_t *lists[] = {then, first, again, second, third, fourth, fifth};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]);
    free(block);
    free(bad);
    puts("the same");
}

/* Wrong calls are told and harm nothing. */
static void mistakes(void) {
    flowline_run *run = 0;
    size_t index;
    double value;
    const char *text;
    uint64_t word = 7;
    CHECK(flowline_interface() == FLOWLINE_INTERFACE);
    CHECK(strlen(flowline_version()) >= 5);
    CHECK(!strcmp(flowline_error(), ""));
    CHECK(flowline_create(0, 1, 0, &run) == FLOWLINE_BAD_ARGUMENT && !run);
    CHECK(flowline_create(bottling_line(), 1, 0, 0) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_create((const flowline_line *)(const void *)&word, 1, 0, &run) == FLOWLINE_BAD_LINE && !run);
    CHECK(flowline_advance(0, 1) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_now(0) == -1 && flowline_figures(0) == 0 && !flowline_name(0));
    flowline_destroy(0);

    CHECK(!flowline_create(bottling_line(), 1, 0, &run));
    CHECK(!strcmp(flowline_name(run), "bottling"));
    CHECK(flowline_parameters(run) == 1 && !strcmp(flowline_parameter(run, 0), "space"));
    CHECK(!flowline_parameter(run, 1));
    CHECK(flowline_seed(run) == 1);
    CHECK(flowline_warmup(run) == 86400 * FLOWLINE_SECOND && flowline_horizon(run) == 5 * 86400 * FLOWLINE_SECOND);
    CHECK(!flowline_advance(run, 3600 * FLOWLINE_SECOND));
    CHECK(flowline_events(run) > 1000);
    CHECK(flowline_advance(run, 1) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_advance(run, INT64_MAX) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_find(run, "sinks", "warehose", "Case", "count", &index) == FLOWLINE_BAD_ARGUMENT);
    CHECK(strstr(flowline_error(), "`warehouse`"));
    CHECK(flowline_find(run, "sinks", 0, "Case", "count", &index) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_find(run, "sinks", "\xff", "Case", "count", &index) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_read(run, flowline_figures(run), &value) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_read(run, 0, 0) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_figure(run, 0, &text, &text, &text, 0) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_save(run, 0, 1000000000) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_restore(run, 0, 8) == FLOWLINE_BAD_ARGUMENT);
    CHECK(flowline_now(run) == 3600 * FLOWLINE_SECOND);

    /* Parameters. */
    CHECK(flowline_set(run, "spce", "30") == FLOWLINE_BAD_SETTING && strstr(flowline_error(), "`space`"));
    CHECK(flowline_set(run, "space", "30 s") == FLOWLINE_BAD_SETTING);
    CHECK(flowline_set(run, "space", "201") == FLOWLINE_BAD_SETTING && strstr(flowline_error(), "200"));
    CHECK(flowline_set(run, "space", "") == FLOWLINE_BAD_SETTING);
    CHECK(flowline_now(run) == 3600 * FLOWLINE_SECOND);
    size_t size = flowline_state_size(run);
    void *block = malloc(size);
    CHECK(!flowline_save(run, block, size));
    CHECK(flowline_set(run, "space", "30") == FLOWLINE_OK && flowline_now(run) == 0);
    CHECK(flowline_restore(run, block, size) == FLOWLINE_BAD_STATE);
    CHECK(strstr(flowline_error(), "other parameters"));
    CHECK(flowline_set(run, "space", "20") == FLOWLINE_OK);
    free(block);
    flowline_destroy(run);

    CHECK(!flowline_create(measured_line(), 1, 0, &run));
    CHECK(flowline_set(run, "benches", "2") == FLOWLINE_NEEDS_BUILD);
    CHECK(strstr(flowline_error(), "--set 'benches=2'"));
    CHECK(flowline_set(run, "pace", "75 s") == FLOWLINE_OK);
    flowline_destroy(run);

    /* One with the line's own `until`. */
    CHECK(!flowline_create(twice_line(), 1, 0, &run));
    CHECK(flowline_horizon(run) == -1);
    CHECK(flowline_advance(run, 100 * 86400 * FLOWLINE_SECOND) == FLOWLINE_REACHED);
    int64_t at = flowline_now(run);
    CHECK(at > 0 && at < 86400 * FLOWLINE_SECOND);
    CHECK(flowline_advance(run, 100 * 86400 * FLOWLINE_SECOND) == FLOWLINE_REACHED && flowline_now(run) == at);
    CHECK(!flowline_find(run, "sinks", "out", "Part", "count", &index));
    CHECK(!flowline_read(run, index, &value) && value == 500.0);
    flowline_destroy(run);

    /* One that locks up: it is told as by `flowline run`, and can begin anew. */
    CHECK(!flowline_create(stuck_line(), 1, 0, &run));
    CHECK(flowline_advance(run, 60 * FLOWLINE_SECOND) == FLOWLINE_OK);
    CHECK(flowline_read(run, 0, &value) == FLOWLINE_OK);
    CHECK(flowline_advance(run, flowline_horizon(run)) == FLOWLINE_OK);
    CHECK(flowline_read(run, 0, &value) == FLOWLINE_STOPPED);
    CHECK(strstr(flowline_error(), "locked up") && strstr(flowline_error(), "`a`"));
    CHECK(flowline_results(run, &text) == FLOWLINE_STOPPED);
    CHECK(flowline_begin(run, 1, 0) == FLOWLINE_OK && flowline_now(run) == 0);
    CHECK(flowline_read(run, 0, &value) == FLOWLINE_OK);
    flowline_destroy(run);
    puts("all told");
}

static void *one(void *to) {
    flowline_run *run;
    CHECK(!flowline_create(bottling_line(), 1, 0, &run));
    warm_up(run);
    CHECK(!flowline_advance(run, flowline_horizon(run)));
    *(uint64_t **)to = all_bits(run);
    flowline_destroy(run);
    CHECK(flowline_create(0, 1, 0, &run) == FLOWLINE_BAD_ARGUMENT);
    return 0;
}

/* Runs of one line on several threads at once. */
static void threads(void) {
    pthread_t all[3];
    uint64_t *found[3];
    flowline_run *run;
    CHECK(!flowline_create(bottling_line(), 1, 0, &run));
    size_t n = flowline_figures(run);
    flowline_destroy(run);
    for (int i = 0; i < 3; i++) CHECK(!pthread_create(&all[i], 0, one, &found[i]));
    for (int i = 0; i < 3; i++) CHECK(!pthread_join(all[i], 0));
    CHECK(same(found[0], found[1], n) && same(found[0], found[2], n));
    /* The error of another thread is not ours. */
    CHECK(!strcmp(flowline_error(), ""));
    for (int i = 0; i < 3; i++) free(found[i]);
    puts("the same");
}

int main(int n, char **args) {
    if (n < 2) return 2;
    if (!strcmp(args[1], "figures")) figures(n - 2, args + 2);
    else if (!strcmp(args[1], "json") && n == 5) json(args + 2);
    else if (!strcmp(args[1], "states") && n == 4) states(args + 2);
    else if (!strcmp(args[1], "mistakes")) mistakes();
    else if (!strcmp(args[1], "threads")) threads();
    else return 2;
    return 0;
}
