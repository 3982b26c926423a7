/* Replications of production lines. docs/embedding.md of flowline tells all of it.
 *
 * A line is constant and may be used by all threads. A run belongs to who created it and is used by one thread at
 * a time; different runs may be used by different threads at once. Texts are UTF-8 and end in 0. Times are whole
 * nanoseconds since the beginning of the run. */
#ifndef FLOWLINE_INTERFACE
#define FLOWLINE_INTERFACE @INTERFACE@

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled line. */
typedef struct flowline_line flowline_line;
/* One replication of it, in progress. */
typedef struct flowline_run flowline_run;

/* What functions that can fail return. */
#define FLOWLINE_OK 0
#define FLOWLINE_REACHED 1       /* advance only: `until` of the line is reached, the run is over */
#define FLOWLINE_BAD_ARGUMENT -1 /* a null pointer, no such name or number, no room */
#define FLOWLINE_BAD_LINE -2     /* object and library do not fit, or this processor cannot run it */
#define FLOWLINE_BAD_SETTING -3  /* a parameter cannot have this value */
#define FLOWLINE_NEEDS_BUILD -4  /* with this value the line needs other code: build it again */
#define FLOWLINE_BAD_STATE -5    /* no state of this line with these parameters */
#define FLOWLINE_STOPPED -6      /* the run cannot go on: locked up, a bad time, out of memory */
#define FLOWLINE_INTERNAL -7     /* a bug; the run can only be destroyed */

#define FLOWLINE_SECOND INT64_C(1000000000)

/* Version of the interface that the library has. */
uint32_t flowline_interface(void);
/* Version of the library: "0.1.0". */
const char *flowline_version(void);
/* Why the last call on this thread failed; stands until the next one that fails. Never null. */
const char *flowline_error(void);

/* Makes a run at time 0. On failure *run is null. */
int flowline_create(const flowline_line *line, uint64_t seed, uint64_t replication, flowline_run **run);
/* Ends a run; null is nothing. */
void flowline_destroy(flowline_run *run);
/* Sets a parameter as `--set` does, "cards" to "20" or "pace" to "5 min", and begins anew at time 0. */
int flowline_set(flowline_run *run, const char *name, const char *value);
/* Begins anew at time 0, parameters as they are. */
int flowline_begin(flowline_run *run, uint64_t seed, uint64_t replication);
/* Runs to a time, included; FLOWLINE_REACHED when `until` of the line ends the run before. */
int flowline_advance(flowline_run *run, int64_t to_ns);
/* Begins the measured window at the present, as at the end of the warm-up. A new run measures from 0. */
int flowline_measure(flowline_run *run);

/* Present time, and events so far. */
int64_t flowline_now(const flowline_run *run);
uint64_t flowline_events(const flowline_run *run);
/* What the `run` block of the line says: end (-1: none), end of the warm-up, seed. */
int64_t flowline_horizon(const flowline_run *run);
int64_t flowline_warmup(const flowline_run *run);
uint64_t flowline_seed(const flowline_run *run);
/* The name of the line; it stands until the run is destroyed or a parameter is set, as all texts of a run. */
const char *flowline_name(const flowline_run *run);
/* How many parameters can be set, and their names; null beyond the last. */
size_t flowline_parameters(const flowline_run *run);
const char *flowline_parameter(const flowline_run *run, size_t index);

/* How many figures there are, and what they are called, as in `flowline run --format csv`; item may be "". */
size_t flowline_figures(const flowline_run *run);
int flowline_figure(const flowline_run *run, size_t index, const char **section, const char **entity,
                    const char **item, const char **measure);
/* The number of a figure: it stands until a parameter is set. */
int flowline_find(const flowline_run *run, const char *section, const char *entity, const char *item,
                  const char *measure, size_t *index);
/* The value of a figure in the measured window up to the present; not a number where there is none. */
int flowline_read(flowline_run *run, size_t index, double *value);
/* All of it as the document of `flowline run --format json`; the text stands until the next call of this. */
int flowline_results(flowline_run *run, const char **json);

/* How many bytes the state takes now. It grows with the items inside: ask before each save. */
size_t flowline_state_size(const flowline_run *run);
/* Copies the state into a block of so many bytes. */
int flowline_save(const flowline_run *run, void *block, size_t bytes);
/* Goes back, or on, to a state of a run of the same line with the same parameters. */
int flowline_restore(flowline_run *run, const void *block, size_t bytes);

#ifdef __cplusplus
}
#endif

#elif FLOWLINE_INTERFACE != @INTERFACE@
#error "headers of two versions of flowline: build all lines with one"
#endif /* FLOWLINE_INTERFACE */
