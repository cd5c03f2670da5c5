/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/build_plan.h"

#include <string.h>


/* For sh: 'it'\''s'. */
static void add_quoted(struct strbuf *ret, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";

	if (*word && strspn(word, plain) == strlen(word)) {
		strbuf_adds(ret, word);
		return;
	}
	strbuf_addc(ret, '\'');
	for (; *word; word++)
		if (*word == '\'')
			strbuf_adds(ret, "'\\''");
		else
			strbuf_addc(ret, *word);
	strbuf_addc(ret, '\'');
}

static void add_command(struct strbuf *ret, const struct recipe_file *file, const struct recipe *r)
{
	strbuf_adds(ret, "wimtool build --resume ");
	add_quoted(ret, file->path);
	for (size_t i = 0; i < r->axes.len; i++) {
		CLEANUP(freep) char *word = xasprintf("--only=%s=%s", r->axes.items[i].name, r->axes.items[i].value);

		strbuf_addc(ret, ' ');
		add_quoted(ret, word);
	}
}

static void json_registry(const struct recipe_step *step, struct json *j)
{
	json_begin_array(j, "edits");
	for (size_t i = 0; i < step->registry.len; i++) {
		const struct recipe_registry_edit *e = &step->registry.items[i];

		json_begin_object(j, NULL);
		json_text(j, e->remove ? "delete" : "set", e->key);
		if (e->value)
			json_text(j, "value", e->value);
		if (e->data) {
			json_text(j, "type", e->type_name);
			json_text(j, "data", e->shown);
		}
		json_end_object(j);
	}
	json_end_array(j);
}

static const char *const file_ops[] = {
	[RECIPE_FILE_ADD] = "add", [RECIPE_FILE_REMOVE] = "remove", [RECIPE_FILE_MOVE] = "move",
};

static void json_files(const struct recipe_step *step, struct json *j)
{
	json_begin_array(j, "edits");
	for (size_t i = 0; i < step->files.len; i++) {
		const struct recipe_file_edit *e = &step->files.items[i];

		json_begin_object(j, NULL);
		json_text(j, file_ops[e->op], e->source ? e->source : e->path);
		if (e->to)
			json_text(j, "to", e->to);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_step(const struct recipe_step *step, struct json *j)
{
	json_begin_object(j, NULL);
	json_text(j, "step", recipe_step_name(step->kind));
	json_uint(j, "line", step->line);
	if (step->kind == STEP_REGISTRY)
		json_registry(step, j);
	else if (step->kind == STEP_FILES)
		json_files(step, j);
	else if (step->kind == STEP_ANSWER_FILE)
		json_text(j, "path", step->answer.path);
	else if (step->shown)
		json_text(j, "value", step->shown);
	json_end_object(j);
}

static void json_job(const struct recipe_file *file, const struct recipe_jobs *jobs, size_t i, bool steps, struct json *j)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;
	const struct recipe *r = &jobs->items[i];

	add_command(&command, file, r);
	json_begin_object(j, NULL);
	json_uint(j, "number", i + 1);
	json_text(j, "job", r->id);
	json_begin_object(j, "matrix");
	for (size_t k = 0; k < r->axes.len; k++)
		json_text(j, r->axes.items[k].name, r->axes.items[k].value);
	json_end_object(j);
	json_text(j, "recipe", file->path);
	json_text(j, "source", r->source.path);
	if (r->source.refs.len)
		json_begin_array(j, "refs");
	for (size_t k = 0; k < r->source.refs.len; k++)
		json_text(j, NULL, r->source.refs.items[k]);
	if (r->source.refs.len)
		json_end_array(j);
	json_text(j, "output", r->output.path);
	json_text(j, "command", strbuf_text(&command));
	if (steps) {
		json_begin_array(j, "steps");
		for (size_t k = 0; k < r->steps.len; k++)
			json_step(&r->steps.items[k], j);
		json_end_array(j);
	}
	json_end_object(j);
}

void build_plan_show_lines(const struct recipe_file *file, const struct recipe_jobs *jobs, const bool *skip, FILE *out)
{
	for (size_t i = 0; i < jobs->len; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(json_freep) struct json *j = NULL;

		if (skip[i])
			continue;
		j = json_new(&text, false);
		json_job(file, jobs, i, false, j);
		fputs(strbuf_text(&text), out);
	}
}

static void show_registry(const struct recipe_step *step, FILE *out)
{
	for (size_t i = 0; i < step->registry.len; i++) {
		const struct recipe_registry_edit *e = &step->registry.items[i];

		fprintf(out, "      %s %s", e->remove ? "delete" : "set", e->key);
		if (e->value)
			fprintf(out, " \"%s\"", e->value);
		if (e->data)
			fprintf(out, " = %s:%s", e->type_name, e->shown);
		fputc('\n', out);
	}
}

static void show_files(const struct recipe_step *step, FILE *out)
{
	for (size_t i = 0; i < step->files.len; i++) {
		const struct recipe_file_edit *e = &step->files.items[i];

		fprintf(out, "      %s %s%s%s\n", file_ops[e->op], e->source ? e->source : e->path, e->to ? " -> " : "",
			e->to ? e->to : "");
	}
}

static void show_job(const struct recipe *r, FILE *out)
{
	if (*r->id)
		fprintf(out, "[%s]\n", r->id);
	fprintf(out, "  source %s%s%s\n", r->source.path, r->source.image ? " : " : "",
		r->source.image ? r->source.image : "");
	for (size_t i = 0; i < r->source.refs.len; i++)
		fprintf(out, "    ref %s\n", r->source.refs.items[i]);
	for (size_t i = 0; i < r->steps.len; i++) {
		const struct recipe_step *step = &r->steps.items[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		recipe_step_show(step, &text);
		fprintf(out, "  %s: %s\n", recipe_step_name(step->kind), strbuf_text(&text));
		if (step->kind == STEP_REGISTRY)
			show_registry(step, out);
		else if (step->kind == STEP_FILES)
			show_files(step, out);
	}
	if (r->output.split)
		fprintf(out, "  split\n");
	fprintf(out, "%s  output %s\n", r->output.no_verify ? "" : "  verify\n", r->output.path);
}

void build_plan_show(struct cli *cli, const struct recipe_file *file, const struct recipe_jobs *jobs, const bool *skip)
{
	json_begin_object(cli->json, "result");
	json_begin_array(cli->json, "jobs");
	for (size_t i = 0; i < jobs->len; i++) {
		if (skip[i])
			continue;
		json_job(file, jobs, i, true, cli->json);
		show_job(&jobs->items[i], cli->out);
	}
	json_end_array(cli->json);
	json_end_object(cli->json);
}
