/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/fix.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 2000 /* the largest real file has some hundred findings */

/* A file read and linted. */
struct state {
	struct answer answer;
	struct lint lint;
	struct report *report;
};

static void state_release(struct state *state)
{
	lint_release(&state->lint);
	report_freep(&state->report);
	answer_release(&state->answer);
}

static int state_read(struct bytes bytes, const char *file, const struct lint_options *options, struct state *ret,
		      struct err *err)
{
	struct strbuf copy = STRBUF_INIT;

	*ret = (struct state){ .report = NULL };
	strbuf_add(&copy, bytes.data, bytes.len);
	if (answer_read(&copy, file, options->template_mode, &ret->answer, err) < 0)
		return -1;
	ret->report = report_new();
	ret->lint.answer = &ret->answer;
	ret->lint.options = options;
	ret->lint.report = ret->report;
	lint_run(&ret->lint);
	return 0;
}

static size_t count_of(const struct state *state, const struct rule *rule)
{
	size_t count = 0;

	for (size_t i = 0; i < state->lint.hits.len; i++)
		count += state->lint.hits.items[i].rule == rule;
	return count;
}

/* Style findings of rules that only tidy up do not count against a fix. */
static const struct rule *new_finding(const struct state *before, const struct state *after)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++)
		if (rule->meta.severity > SEVERITY_STYLE && count_of(after, rule) > count_of(before, rule))
			return rule;
	return NULL;
}

static void note(struct fix_log *log, const struct hit *hit, char *why)
{
	struct fix_step *step = vec_add(&log->steps);

	step->rule = hit->rule;
	step->message = xstrdup(hit->message);
	step->refused = why != NULL;
	step->why = why;
	log->n_fixed += !why;
	log->n_refused += why != NULL;
}

static bool was_refused(const struct fix_log *log, const struct hit *hit)
{
	for (size_t i = 0; i < log->steps.len; i++) {
		const struct fix_step *step = &log->steps.items[i];

		if (step->refused && step->rule == hit->rule && strcmp(step->message, hit->message) == 0)
			return true;
	}
	return false;
}

/* The encoding of a file stays, unless the user makes more of the rule about it than the note it is. */
static bool is_mendable(const struct hit *hit)
{
	return hit->to_utf8 ? hit->severity > SEVERITY_INFO : hit->edits.list.len > 0;
}

static struct hit *next_hit(struct state *state, enum fix_safety up_to, const struct fix_log *log)
{
	for (size_t i = 0; i < state->lint.hits.len; i++) {
		struct hit *hit = &state->lint.hits.items[i];

		if (hit->severity > SEVERITY_STYLE && hit->safety != FIX_NONE && hit->safety <= up_to &&
		    is_mendable(hit) && !was_refused(log, hit))
			return hit;
	}
	return NULL;
}

/* Why the mended state is no better, to be freed; NULL when it is. */
static char *judge(const struct state *before, const struct state *after, const struct hit *hit)
{
	const struct rule *added;

	if (count_of(after, hit->rule) >= count_of(before, hit->rule))
		return xstrdup("the finding would still be there");
	added = new_finding(before, after);
	if (added)
		return xasprintf("it would bring up %s: %s", added->meta.id, added->meta.summary);
	return NULL;
}

/* Applies one hit. 1: *state is the mended one; 0: refused; -1: error. */
static int try_hit(struct state *state, struct hit *hit, const char *file, const struct lint_options *options,
		   struct fix_log *log, struct strbuf *current, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	struct source stored = state->answer.source;
	struct state mended;
	struct err ignored;
	char *why;

	if (hit->to_utf8) {
		stored.encoding = SOURCE_UTF8;
		stored.bom = false;
	}

	if (!edits_apply(&hit->edits, &state->answer.source.text, &text)) {
		note(log, hit, xstrdup("its edits touch each other"));
		return 0;
	}
	if (source_encode(&stored, strbuf_text(&text), text.len, &bytes, err) < 0)
		return -1;
	if (state_read(bytes_of(bytes.data, bytes.len), file, options, &mended, &ignored) < 0) {
		note(log, hit, xstrdup("the result could not be read"));
		return 0;
	}
	why = judge(state, &mended, hit);
	note(log, hit, why);
	if (why) {
		state_release(&mended);
		return 0;
	}
	state_release(state);
	*state = mended;
	state->lint.answer = &state->answer;
	strbuf_clear(current);
	strbuf_add(current, bytes.data, bytes.len);
	return 1;
}

int fix_bytes(struct bytes raw, const char *file, const struct lint_options *options, enum fix_safety up_to,
	      struct fix_log *log, struct strbuf *ret, struct err *err)
{
	struct state state;
	struct hit *hit;
	int result = 0;

	if (state_read(raw, file, options, &state, err) < 0)
		return -1;
	strbuf_add(ret, raw.data, raw.len);
	for (size_t i = 0; i < STEPS_MAX && result >= 0 && (hit = next_hit(&state, up_to, log)); i++)
		result = try_hit(&state, hit, file, options, log, ret, err);
	state_release(&state);
	return result < 0 ? -1 : 0;
}

void fix_log_release(struct fix_log *log)
{
	for (size_t i = 0; i < log->steps.len; i++) {
		free(log->steps.items[i].message);
		free(log->steps.items[i].why);
	}
	vec_release(&log->steps);
}
