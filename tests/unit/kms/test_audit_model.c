/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit against a plain model of what is meant, on random fleets with
 * planted clones, renames and reinstallations; and the same events as .evtx and
 * as text give the same audit.
 */
#include "tests/support/evtx_builder.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/audit_case.h"

enum { FLEETS = 60, EVENTS_MAX = 400, CMIDS = 24 };

#define START 132000000000000000ULL /* some day in 2019 */
#define MINUTE (60 * FILETIME_PER_SECOND)

struct planned {
	unsigned cmid;
	char name[40];
	uint64_t time;
	bool good;
};

struct fleet {
	struct planned events[EVENTS_MAX];
	size_t n;
	uint64_t end;
};

static struct planned *plan(struct fleet *fleet, unsigned cmid, const char *name, uint64_t minute)
{
	struct planned *event = &fleet->events[fleet->n];

	if (fleet->n < EVENTS_MAX)
		fleet->n++;
	event->cmid = cmid;
	snprintf(event->name, sizeof(event->name), "%s", name);
	event->time = START + minute * MINUTE;
	event->good = true;
	fleet->end = MAX(fleet->end, event->time);
	return event;
}

/* Kinds of machines: ordinary, clones, renamed, with and without a domain. */
static void plan_cmid(struct fleet *fleet, struct rng *rng, unsigned cmid)
{
	unsigned kind = rng_below(rng, 4), n = 1 + rng_below(rng, 8);
	unsigned machines = kind == 1 ? 2 + rng_below(rng, 4) : 1;
	uint64_t change = rng_below(rng, 90 * 1440);

	for (unsigned i = 0; i < n; i++) {
		uint64_t minute = rng_below(rng, 90 * 1440);
		unsigned machine = rng_below(rng, machines);
		char name[40];

		snprintf(name, sizeof(name), "%s%u-%u%s", kind == 2 && minute >= change ? "new" : "pc", cmid, machine,
			 kind == 3 && rng_below(rng, 2) ? "" : ".Example.com");
		plan(fleet, cmid, name, minute)->good = rng_below(rng, 5) != 0;
	}
}

static struct fleet *random_fleet(uint64_t seed)
{
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));
	struct rng rng = rng_of(seed, "kms fleet");

	for (unsigned cmid = 1; cmid <= CMIDS; cmid++)
		plan_cmid(fleet, &rng, cmid);
	return fleet;
}

static bool same_machine(const struct planned *a, const struct planned *b)
{
	size_t len = strcspn(a->name, ".");

	return len == strcspn(b->name, ".") && strncasecmp(a->name, b->name, len) == 0;
}

/* By the meaning of the words: some A, then B, then A again (or both at once). */
static bool model_takes_turns(const struct fleet *f, unsigned cmid)
{
	for (size_t a = 0; a < f->n; a++)
		for (size_t b = 0; b < f->n; b++)
			for (size_t c = 0; c < f->n; c++)
				if (f->events[a].cmid == cmid && f->events[b].cmid == cmid &&
				    f->events[c].cmid == cmid && same_machine(&f->events[a], &f->events[c]) &&
				    !same_machine(&f->events[a], &f->events[b]) &&
				    f->events[a].time <= f->events[b].time && f->events[b].time <= f->events[c].time)
					return true;
	return false;
}

static size_t model_machines(const struct fleet *f, unsigned cmid, uint64_t start, bool good)
{
	size_t n = 0;

	for (size_t a = 0; a < f->n; a++) {
		const struct planned *event = &f->events[a];
		bool first = event->cmid == cmid && event->time > start && (!good || event->good);

		for (size_t b = 0; b < a && first; b++)
			if (f->events[b].cmid == cmid && f->events[b].time > start && (!good || f->events[b].good) &&
			    same_machine(event, &f->events[b]))
				first = false;
		n += first;
	}
	return n;
}

static const struct audit_group *group_of(const struct audit *audit, unsigned cmid)
{
	for (size_t i = 0; i < audit->groups.len; i++)
		if (load_le32(cmid_index_client(audit->index, audit->groups.items[i].client)->cmid.bytes) == cmid)
			return &audit->groups.items[i];
	return NULL;
}

static size_t n_verdicts[GROUP_RENAMED + 1];

static void compare_group(const struct audit *audit, const struct fleet *f, unsigned cmid)
{
	const struct audit_group *group = group_of(audit, cmid);
	size_t machines = model_machines(f, cmid, 0, false);

	if (machines < 2) {
		assert_null(group);
		return;
	}
	assert_non_null(group);
	assert_int_equal(group->n_computers, machines);
	assert_int_equal(group->verdict == GROUP_CLONES, model_takes_turns(f, cmid));
	n_verdicts[group->verdict]++;
}

static void compare_counts(const struct audit *audit, const struct fleet *f)
{
	uint64_t start = f->end - DAYS(30);
	size_t cmids = 0, computers = 0;

	for (unsigned cmid = 1; cmid <= CMIDS; cmid++) {
		const struct audit_group *group = group_of(audit, cmid);
		size_t machines = model_machines(f, cmid, start, true);

		cmids += machines > 0;
		computers += group && group->verdict != GROUP_RENAMED ? machines : machines > 0;
	}
	assert_int_equal(audit->counts.len, 1);
	assert_int_equal(audit->counts.items[0].cmids, cmids);
	assert_int_equal(audit->counts.items[0].computers, computers);
}

static void info_line(const struct planned *event, struct strbuf *out)
{
	char time[FILETIME_TEXT_LEN + 8];
	int year, month, day, hour, minute;

	filetime_format(event->time, time);
	assert_int_equal(sscanf(time, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute), 5);
	strbuf_addf(out, "0x%x,25,%s,%08x-0000-0000-0000-000000000001,%d/%d/%d %d:%02d,0,2,100," WINDOWS_10,
		    event->good ? 0 : 0xc004f042, event->name, event->cmid, year, month, day, hour, minute);
}

static void as_rows(const struct fleet *f, struct strbuf *out)
{
	char time[FILETIME_TEXT_LEN + 8];

	strbuf_adds(out, "Level\tDate and Time\tSource\tEvent ID\tTask Category\r\n");
	for (size_t i = f->n; i-- > 0;) {
		filetime_format(f->events[i].time, time);
		strbuf_addf(out, "Information\t%.10s %.8s\tSPP\t12290\tNone\t\"A request.\r\nInfo:\r\n", time,
			    time + 11);
		info_line(&f->events[i], out);
		strbuf_adds(out, "\"\r\n");
	}
}

static void as_evtx(const struct fleet *f, struct strbuf *out)
{
	CLEANUP(evtx_freep) struct evtx *log = evtx_new(&evtx_kms_host, "kms01");
	struct err err = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		const char *strings[1];
		struct evtx_event event = {
			.time = f->events[i].time, .id = EVENT_REQUEST, .strings = strings, .n_strings = 1
		};

		info_line(&f->events[i], &line);
		strings[0] = line.data;
		if (evtx_add(log, &event, &err) < 0)
			fail_msg("%s", err.text);
	}
	evtx_finish(log, NULL, out);
}

static void audit_equals_the_model_on_random_fleets(void **state)
{
	struct audit_case *c = *state;

	for (uint64_t seed = 1; seed <= FLEETS; seed++) {
		struct fleet *f = random_fleet(seed);

		as_rows(f, &c->lines);
		judge_case(c);
		assert_int_equal(c->audit->requests, f->n);
		for (unsigned cmid = 1; cmid <= CMIDS; cmid++)
			compare_group(c->audit, f, cmid);
		compare_counts(c->audit, f);
		case_clear(c);
		free(f);
	}
	assert_true(n_verdicts[GROUP_CLONES] > 50);
	assert_true(n_verdicts[GROUP_RENAMED] > 50);
}

static void audit_of(struct audit_case *c, const struct strbuf *log, struct strbuf *ret)
{
	struct json *json = json_new(ret, true);

	c->options.host = "kms01";
	add_log(c, "log", log->data, log->len);
	judge_case(c);
	/* Only the name of the format may differ. */
	c->audit->logs.items[0].format = "";
	json_begin_object(json, NULL);
	audit_to_json(c->audit, json);
	json_end_object(json);
	json_freep(&json);
	case_clear(c);
}

static void evtx_and_text_of_the_same_events_give_the_same_audit(void **state)
{
	size_t with_clones = 0;

	for (uint64_t seed = 100; seed < 110; seed++) {
		CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf evtx = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf of_rows = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf of_evtx = STRBUF_INIT;
		struct fleet *f = random_fleet(seed);

		as_rows(f, &rows);
		as_evtx(f, &evtx);
		audit_of(*state, &rows, &of_rows);
		audit_of(*state, &evtx, &of_evtx);
		with_clones += strstr(of_rows.data, "\"clones\"") != NULL;
		assert_string_equal(of_rows.data, of_evtx.data);
		free(f);
	}
	assert_true(with_clones > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_equals_the_model_on_random_fleets),
		cmocka_unit_test(evtx_and_text_of_the_same_events_give_the_same_audit),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
