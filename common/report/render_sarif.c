/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SARIF 2.1.0 (OASIS): one run, the rules that were broken, a result a finding. */
#include <string.h>

#include "common/base/vec.h"
#include "common/report/fingerprint.h"
#include "common/report/render.h"

#define SARIF_SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* The rules of a report in the order of their first finding. */
struct rule_list {
	const struct rule_meta **items;
	size_t len;
	size_t cap;
};

static const char *sarif_level(enum severity severity)
{
	return severity == SEVERITY_ERROR ? "error" : severity == SEVERITY_WARNING ? "warning" : "note";
}

static size_t rule_index(const struct rule_list *rules, const struct rule_meta *rule)
{
	size_t i = 0;

	while (i < rules->len && rules->items[i] != rule)
		i++;
	return i;
}

static void message(struct json *json, const char *key, const char *text)
{
	json_begin_object(json, key);
	json_text(json, "text", text);
	json_end_object(json);
}

static void add_rule(struct json *json, const struct rule_meta *rule)
{
	json_begin_object(json, NULL);
	json_text(json, "id", rule->id);
	if (rule->name)
		json_text(json, "name", rule->name);
	if (rule->summary)
		message(json, "shortDescription", rule->summary);
	if (rule->why)
		message(json, "fullDescription", rule->why);
	if (rule->advice)
		message(json, "help", rule->advice);
	if (rule->source && strncmp(rule->source, "https://", 8) == 0 && !strpbrk(rule->source, " ;"))
		json_text(json, "helpUri", rule->source);
	json_begin_object(json, "defaultConfiguration");
	json_text(json, "level", sarif_level(rule->severity));
	json_end_object(json);
	json_end_object(json);
}

/* An artifact location is a URI reference: everything but unreserved characters and "/" is escaped. */
static void add_uri(struct json *json, const char *file)
{
	struct strbuf uri = STRBUF_INIT;

	/* a reference that begins with a slash would be one to the root of whatever base there is */
	if (*file == '/')
		strbuf_adds(&uri, "file://");
	file = repository_path(file);
	for (const char *c = file; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			     strchr("-._~/", *c);

		if (plain)
			strbuf_addc(&uri, *c);
		else
			strbuf_addf(&uri, "%%%02X", (uint8_t)*c);
	}
	json_text(json, "uri", strbuf_text(&uri));
	strbuf_release(&uri);
}

static void add_location(struct json *json, const struct place *where)
{
	json_begin_array(json, "locations");
	json_begin_object(json, NULL);
	json_begin_object(json, "physicalLocation");
	json_begin_object(json, "artifactLocation");
	add_uri(json, where->file);
	json_end_object(json);
	if (where->line || where->has_offset) {
		json_begin_object(json, "region");
		if (where->line)
			json_uint(json, "startLine", where->line);
		if (where->line && where->column)
			json_uint(json, "startColumn", where->column);
		if (!where->line)
			json_uint(json, "byteOffset", where->offset);
		json_end_object(json);
	}
	json_end_object(json);
	if (where->item) {
		json_begin_array(json, "logicalLocations");
		json_begin_object(json, NULL);
		json_text(json, "fullyQualifiedName", where->item);
		json_end_object(json);
		json_end_array(json);
	}
	json_end_object(json);
	json_end_array(json);
}

static void add_replacement(struct json *json, const struct finding_edit *edit)
{
	json_begin_object(json, NULL);
	json_begin_object(json, "deletedRegion");
	json_uint(json, "byteOffset", edit->offset);
	json_uint(json, "byteLength", edit->len);
	json_end_object(json);
	if (*edit->text)
		message(json, "insertedContent", edit->text);
	json_end_object(json);
}

static void add_fix(struct json *json, const struct finding *finding)
{
	if (!finding->n_edits)
		return;
	json_begin_array(json, "fixes");
	json_begin_object(json, NULL);
	if (finding->rule->advice)
		message(json, "description", finding->rule->advice);
	json_begin_array(json, "artifactChanges");
	json_begin_object(json, NULL);
	json_begin_object(json, "artifactLocation");
	add_uri(json, finding->where.file);
	json_end_object(json);
	json_begin_array(json, "replacements");
	for (size_t i = 0; i < finding->n_edits; i++)
		add_replacement(json, &finding->edits[i]);
	json_end_array(json);
	json_end_object(json);
	json_end_array(json);
	json_end_object(json);
	json_end_array(json);
}

static void add_result(struct json *json, struct report *report, size_t i, const struct rule_list *rules)
{
	const struct finding *finding = report_get(report, i);
	char fingerprint[FINGERPRINT_LEN + 1];

	json_begin_object(json, NULL);
	json_text(json, "ruleId", finding->rule->id);
	json_uint(json, "ruleIndex", rule_index(rules, finding->rule));
	json_text(json, "level", sarif_level(finding->severity));
	if (finding->note) {
		json_begin_object(json, "message");
		json_textf(json, "text", "%s\n%s", finding->message, finding->note);
		json_end_object(json);
	} else {
		message(json, "message", finding->message);
	}
	add_location(json, &finding->where);
	json_begin_object(json, "partialFingerprints");
	json_text(json, "goldwim/v1", finding_fingerprint(report, i, fingerprint));
	json_end_object(json);
	add_fix(json, finding);
	json_end_object(json);
}

static void add_driver(struct json *json, const struct render_options *options, const struct rule_list *rules)
{
	json_begin_object(json, "tool");
	json_begin_object(json, "driver");
	json_text(json, "name", options->tool);
	json_text(json, "semanticVersion", GOLDWIM_VERSION);
	json_begin_array(json, "rules");
	for (size_t i = 0; i < rules->len; i++)
		add_rule(json, rules->items[i]);
	json_end_array(json);
	json_end_object(json);
	json_end_object(json);
}

void render_sarif(struct report *report, const struct render_options *options, struct strbuf *out)
{
	CLEANUP(json_freep) struct json *json = json_new(out, true);
	struct rule_list rules = { 0 };

	for (size_t i = 0; i < report_len(report); i++) {
		const struct rule_meta *rule = report_get(report, i)->rule;

		if (rule_index(&rules, rule) == rules.len)
			*vec_add(&rules) = rule;
	}
	json_begin_object(json, NULL);
	json_text(json, "$schema", SARIF_SCHEMA);
	json_text(json, "version", "2.1.0");
	json_begin_array(json, "runs");
	json_begin_object(json, NULL);
	add_driver(json, options, &rules);
	json_text(json, "columnKind", "unicodeCodePoints");
	json_begin_array(json, "results");
	for (size_t i = 0; i < report_len(report); i++)
		add_result(json, report, i, &rules);
	json_end_array(json);
	json_end_object(json);
	json_end_array(json);
	json_end_object(json);
	vec_release(&rules);
}
