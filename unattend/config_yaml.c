/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/config_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/base/utf16.h"
#include "common/cli/cli.h"

#define MAX_GLOB_LEN 512 /* longer than any sensible path pattern */
#define MAX_GLOBS 1000
#define MAX_OVERRIDES 500
#define MAX_RULE_NAMES 512

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one being looked at */
	bool has_event;
	unsigned depth;
	const char *name;
	struct config_file *config;
	struct err *err;
};

struct key {
	const char *name;
	bool (*read)(struct reader *r, void *into);
};

/* ---- events ---------------------------------------------------------------- */

PRINTF_LIKE(3, 4) static bool fail_at(struct reader *r, yaml_mark_t mark, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_set(r->err, ERR_USAGE, "%s:%zu:%zu: %s", r->name, mark.line + 1, mark.column + 1, text);
	return false;
}

#define fail(r, ...) fail_at((r), (r)->event.start_mark, __VA_ARGS__)

static bool is_plain(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail(r, "anchors (&name) are not taken here");
	if (tag)
		return fail(r, "tags (!name) are not taken here");
	return true;
}

static bool check_event(struct reader *r)
{
	const yaml_event_t *e = &r->event;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return fail(r, "aliases (*name) are not taken here");
	case YAML_SCALAR_EVENT:
		if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
			return fail(r, "a NUL character is not taken here");
		return is_plain(r, e->data.scalar.anchor, e->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		if (++r->depth > CONFIG_MAX_DEPTH)
			return fail(r, "nested more than %d deep", CONFIG_MAX_DEPTH);
		return is_plain(r, e->data.sequence_start.anchor, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		if (++r->depth > CONFIG_MAX_DEPTH)
			return fail(r, "nested more than %d deep", CONFIG_MAX_DEPTH);
		return is_plain(r, e->data.mapping_start.anchor, e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return true;
	case YAML_DOCUMENT_START_EVENT:
		if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
			return fail(r, "%%TAG is not taken here");
		return true;
	default:
		return true;
	}
}

static void drop_event(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
}

static bool next(struct reader *r)
{
	drop_event(r);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		yaml_mark_t mark = r->parser.problem_mark;

		if (r->parser.error == YAML_READER_ERROR) {
			err_set(r->err, ERR_USAGE, "%s: offset %zu: %s", r->name, r->parser.problem_offset,
				r->parser.problem);
			return false;
		}
		return fail_at(r, mark, "%s", r->parser.problem ? r->parser.problem : "this is no YAML");
	}
	r->has_event = true;
	return check_event(r);
}

static const char *scalar(const struct reader *r)
{
	return (const char *)r->event.data.scalar.value;
}

/* A text from the file as a message may cite it. Lends a static buffer. */
static const char *cited(const char *text)
{
	static char shown[200];
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	text_show(text, strnlen(text, 60), &out);
	mask_keys((strbuf_reserve(&out, 1), out.data));
	snprintf(shown, sizeof(shown), "%s", out.data);
	return shown;
}

static bool want_scalar(struct reader *r, const char *what)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return fail(r, "%s is wanted here", what);
	if (r->event.data.scalar.length == 0)
		return fail(r, "%s is wanted here, this is empty", what);
	return true;
}

static bool want_unknown(struct reader *r, const char *what, const char *word, const char *const *names)
{
	const char *near = cli_did_you_mean(word, names);

	if (near)
		return fail(r, "there is no %s \"%s\"; did you mean \"%s\"?", what, cited(word), near);
	return fail(r, "there is no %s \"%s\"", what, cited(word));
}

/* ---- collections ------------------------------------------------------------ */

static bool read_key(struct reader *r, const struct key *keys, size_t n, uint32_t *seen, void *into)
{
	const char *names[16] = { NULL };

	if (!want_scalar(r, "a key"))
		return false;
	for (size_t i = 0; i < n; i++) {
		names[i] = keys[i].name;
		if (strcmp(keys[i].name, scalar(r)) != 0)
			continue;
		if (*seen & 1u << i)
			return fail(r, "\"%s\" is given twice", keys[i].name);
		*seen |= 1u << i;
		return next(r) && keys[i].read(r, into);
	}
	return want_unknown(r, "key", scalar(r), names);
}

/* Each key's read leaves its last event in place. n is below 16. */
static bool read_mapping(struct reader *r, const struct key *keys, size_t n, void *into)
{
	uint32_t seen = 0;

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return fail(r, "keys with values (\"%s: ...\") are wanted here", keys[0].name);
	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!read_key(r, keys, n, &seen, into))
			return false;
	}
}

static bool add_glob(struct reader *r, struct config_globs *globs)
{
	if (!want_scalar(r, "a path pattern"))
		return false;
	if (r->event.data.scalar.length > MAX_GLOB_LEN)
		return fail(r, "a path pattern has at most %d bytes", MAX_GLOB_LEN);
	if (globs->list.len >= MAX_GLOBS)
		return fail(r, "more than %d path patterns", MAX_GLOBS);
	*vec_add(&globs->list) = xstrdup(scalar(r));
	return true;
}

static bool read_globs(struct reader *r, void *into)
{
	struct config_globs *globs = into;

	if (r->event.type == YAML_SCALAR_EVENT)
		return add_glob(r, globs);
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return fail(r, "a list of path patterns is wanted here");
	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!add_glob(r, globs))
			return false;
	}
}

/* ---- values ------------------------------------------------------------------ */

static bool read_choice(struct reader *r, const char *what, const char *const *choices, const char **ret)
{
	if (!want_scalar(r, what))
		return false;
	for (size_t i = 0; choices[i]; i++)
		if (strcmp(choices[i], scalar(r)) == 0) {
			*ret = choices[i];
			return true;
		}
	return want_unknown(r, what, scalar(r), choices);
}

static const char *const levels[] = { "error", "warning", "info", "style", "off", NULL };

static bool read_level(struct reader *r, bool with_off, enum severity *ret)
{
	const char *name;

	if (!read_choice(r, "severity", levels, &name))
		return false;
	(void)severity_parse(name, ret);
	if (*ret == SEVERITY_OFF && !with_off)
		return fail(r, "error, warning, info or style is wanted here");
	return true;
}

static bool read_fail_on(struct reader *r, void *into)
{
	struct config_file *config = into;

	config->has_fail_on = true;
	return read_level(r, false, &config->fail_on);
}

static bool read_target(struct reader *r, void *into)
{
	const char *names[32] = { NULL };
	struct config_file *config = into;

	if (!want_scalar(r, "a version of Windows"))
		return false;
	config->target = windows_find(scalar(r));
	if (config->target)
		return true;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(names) && windows_at(i); i++)
		names[i] = windows_at(i)->name;
	return want_unknown(r, "version of Windows", scalar(r), names);
}

static bool read_arch(struct reader *r, void *into)
{
	static const char *const choices[] = { "x86", "amd64", "arm64", NULL };

	return read_choice(r, "architecture", choices, &((struct config_file *)into)->arch);
}

static bool read_role(struct reader *r, void *into)
{
	static const char *const choices[] = { "media", "sysprep", "wds", NULL };
	static const enum answer_role roles[] = { ROLE_MEDIA, ROLE_SYSPREP, ROLE_WDS };
	struct config_file *config = into;
	const char *word;

	if (!read_choice(r, "role", choices, &word))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (strcmp(choices[i], word) == 0)
			config->role = roles[i];
	return true;
}

static bool read_template(struct reader *r, void *into)
{
	return read_choice(r, "template language", template_names, &((struct config_file *)into)->template_name);
}

static bool read_strict(struct reader *r, void *into)
{
	static const char *const choices[] = { "true", "false", NULL };
	struct config_file *config = into;
	const char *word;

	if (!read_choice(r, "truth value", choices, &word))
		return false;
	config->has_strict_wsim = true;
	config->strict_wsim = strcmp(word, "true") == 0;
	return true;
}

static bool read_pkeyconfig(struct reader *r, void *into)
{
	struct config_file *config = into;

	if (!want_scalar(r, "a path"))
		return false;
	config->pkeyconfig_path = xstrdup(scalar(r));
	return true;
}

static const struct rule *want_rule(struct reader *r)
{
	const char *names[MAX_RULE_NAMES + 1] = { NULL };
	const struct rule *rule = rule_find(scalar(r));

	if (rule)
		return rule;
	for (size_t i = 0; i < MAX_RULE_NAMES && rule_at(i); i++)
		names[i] = rule_at(i)->meta.id;
	want_unknown(r, "rule", scalar(r), names);
	return NULL;
}


static bool rule_given(const struct severity_override *rules, size_t n, const struct rule *rule)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i].rule == rule)
			return true;
	return false;
}

/* Reads into the two lists that look alike: grows items, len and cap of a VEC(struct severity_override). */
static bool read_rule_levels(struct reader *r, struct severity_override **items, size_t *len, size_t *cap)
{
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return fail(r, "rules with severities (\"UA301: error\") are wanted here");
	for (;;) {
		struct severity_override one = { NULL, SEVERITY_OFF };

		if (!next(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!want_scalar(r, "a rule") || !(one.rule = want_rule(r)))
			return false;
		if (rule_given(*items, *len, one.rule))
			return fail(r, "rule %s is given twice", one.rule->meta.id);
		if (!next(r) || !read_level(r, true, &one.severity))
			return false;
		*items = vec_grow(*items, *len, cap, sizeof(**items));
		(*items)[(*len)++] = one;
	}
}

static bool read_rules(struct reader *r, void *into)
{
	struct config_file *config = into;

	return read_rule_levels(r, &config->rules.items, &config->rules.len, &config->rules.cap);
}

static bool read_ignore(struct reader *r, void *into)
{
	return read_globs(r, &((struct config_file *)into)->ignore);
}

static bool read_override_paths(struct reader *r, void *into)
{
	return read_globs(r, &((struct config_override *)into)->paths);
}

static bool read_override_rules(struct reader *r, void *into)
{
	struct config_override *override = into;

	return read_rule_levels(r, &override->rules.items, &override->rules.len, &override->rules.cap);
}

static const struct key override_keys[] = {
	{ "paths", read_override_paths },
	{ "rules", read_override_rules },
};

static bool read_overrides(struct reader *r, void *into)
{
	struct config_file *config = into;

	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return fail(r, "a list (\"- paths: ...\") is wanted here");
	for (;;) {
		struct config_override *one;

		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (config->overrides.len >= MAX_OVERRIDES)
			return fail(r, "more than %d overrides", MAX_OVERRIDES);
		one = vec_add(&config->overrides);
		if (!read_mapping(r, override_keys, ARRAY_SIZE(override_keys), one))
			return false;
		if (one->paths.list.len == 0 || one->rules.len == 0)
			return fail(r, "an override wants paths and rules");
	}
}

static const struct key top_keys[] = {
	{ "fail-on", read_fail_on },       { "target", read_target },
	{ "arch", read_arch },             { "role", read_role },
	{ "strict-wsim", read_strict },    { "template", read_template },
	{ "pkeyconfig", read_pkeyconfig }, { "rules", read_rules },
	{ "ignore", read_ignore },         { "overrides", read_overrides },
};

/* ---- the stream --------------------------------------------------------------- */

/* An empty document is an empty scalar. */
static bool is_empty_document(const struct reader *r)
{
	return r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0 &&
	       r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool skip_events(struct reader *r, unsigned n)
{
	while (n--)
		if (!next(r))
			return false;
	return true;
}

static bool read_stream(struct reader *r)
{
	if (!skip_events(r, 2)) /* the start of the stream, then of the document */
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return true;
	if (!next(r))
		return false;
	if (!is_empty_document(r) && !read_mapping(r, top_keys, ARRAY_SIZE(top_keys), r->config))
		return false;
	if (!skip_events(r, 2)) /* the end of the document, then of the stream */
		return false;
	return r->event.type == YAML_STREAM_END_EVENT || fail(r, "only one document is taken here");
}

int config_yaml_read(const char *name, struct bytes text, struct config_file *ret, struct err *err)
{
	struct reader r = { .name = name, .config = ret, .err = err };
	bool good;

	if (text.len > CONFIG_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "%s: larger than %u bytes", name, CONFIG_MAX_BYTES);
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_MEMORY, "%s: no memory for the YAML reader", name);
	yaml_parser_set_input_string(&r.parser, text.data, text.len);
	good = read_stream(&r);
	drop_event(&r);
	yaml_parser_delete(&r.parser);
	return good ? 0 : -1;
}
