/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/setting_insert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COMPONENT_TOKEN "31bf3856ad364e35" /* Microsoft's key for components of Windows */

/* Lines of new XML; they own their texts. */
struct new_lines {
	VEC(struct edit_line) list;
	unsigned depth;
	const char *prefix; /* of the elements around, "" for none */
};

static void new_lines_release(struct new_lines *lines)
{
	for (size_t i = 0; i < lines->list.len; i++)
		free((char *)lines->list.items[i].text);
	vec_release(&lines->list);
}

static void add_line(struct new_lines *lines, struct strbuf *text)
{
	*vec_add(&lines->list) = (struct edit_line){ lines->depth, strbuf_detach(text) };
}

static void add_tag_start(const struct new_lines *lines, const char *name, struct strbuf *out)
{
	strbuf_addf(out, "<%s%s%s", lines->prefix, *lines->prefix ? ":" : "", name);
}

static void add_attribute(const char *name, const char *value, struct strbuf *out)
{
	strbuf_addf(out, " %s=\"", name);
	xml_escape(value, strlen(value), out);
	strbuf_addc(out, '"');
}

static void add_tag_end(const struct new_lines *lines, const char *name, struct strbuf *out)
{
	strbuf_addf(out, "</%s%s%s>", lines->prefix, *lines->prefix ? ":" : "", name);
}

static void add_leaf(struct new_lines *lines, const char *name, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	add_tag_start(lines, name, &out);
	strbuf_addc(&out, '>');
	xml_escape(value, strlen(value), &out);
	add_tag_end(lines, name, &out);
	add_line(lines, &out);
}

/* ---- what stands around -------------------------------------------------------- */

/* The prefix that means NS_WCM where e stands, NULL when there is none. */
static const char *wcm_prefix(const struct element *e)
{
	for (; e; e = e->parent)
		for (const struct attribute *a = e->attributes; a; a = a->next)
			if (strncmp(a->name, "xmlns:", 6) == 0 && strcmp(a->value, NS_WCM) == 0)
				return a->name + 6;
	return NULL;
}

/* ---- elements on the way -------------------------------------------------------- */

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The documented spelling. */
static const char *step_name(const struct path_step *step)
{
	return step->spec ? last_name(step->spec->path) : step->name;
}

static bool is_list_item(const struct path_step *step)
{
	return step->spec && step->spec->kind == SETTING_LIST_ITEM;
}

static void add_item_attributes(const struct path_step *step, const char *prefix, struct strbuf *out)
{
	if (!is_list_item(step) && !(step->key && *step->key == '@'))
		return;
	if (!prefix)
		add_attribute("xmlns:wcm", NS_WCM, out);
	strbuf_addf(out, " %s:action=\"add\"", prefix ? prefix : "wcm");
	if (step->key && *step->key == '@') {
		CLEANUP(freep) char *name = xasprintf("%s:%s", prefix ? prefix : "wcm", strrchr(step->key, '@') + 1);

		add_attribute(name, step->value, out);
	}
}

/* A list that is told apart by a key gets an item with that key only when the path names it. */
static int check_new_item(const struct path_step *step, struct err *err)
{
	const char *key = step->spec ? step->spec->key : "";

	if (step->number)
		return err_set(err, ERR_NOT_FOUND, "there is no %s[%zu]", step->name, step->number);
	if (!is_list_item(step) || !*key || step->key)
		return 0;
	key = strncmp(key, "@wcm:", 5) == 0 ? "@keyValue" : key;
	err_set(err, ERR_USAGE, "a new %s wants a %s", step->name, key);
	return err_hint(err, "write %s[%s=...]", step->name, key);
}

static void open_element(struct new_lines *lines, const struct path_step *step, const char *prefix)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	add_tag_start(lines, step_name(step), &out);
	add_item_attributes(step, prefix, &out);
	strbuf_addc(&out, '>');
	add_line(lines, &out);
	lines->depth++;
}

static void close_element(struct new_lines *lines, const struct path_step *step)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	lines->depth--;
	add_tag_end(lines, step_name(step), &out);
	add_line(lines, &out);
}

/* <Name>value</Name>, for list items that are text with their attributes. */
static void add_last(struct new_lines *lines, const struct path_step *step, const char *prefix, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	add_tag_start(lines, step_name(step), &out);
	add_item_attributes(step, prefix, &out);
	strbuf_addc(&out, '>');
	xml_escape(value, strlen(value), &out);
	add_tag_end(lines, step_name(step), &out);
	add_line(lines, &out);
}

static int add_steps(struct new_lines *lines, const struct setting_path *path, size_t from, const char *prefix,
		     const char *value, struct err *err)
{
	size_t last = path->n - 1;

	for (size_t i = from; i < path->n; i++)
		if (check_new_item(&path->steps[i], err) < 0)
			return -1;
	for (size_t i = from; i < last; i++) {
		const struct path_step *step = &path->steps[i];

		open_element(lines, step, prefix);
		if (step->key && *step->key != '@' && strcasecmp(step->key, path->steps[i + 1].name) != 0)
			add_leaf(lines, step->key, step->value);
	}
	add_last(lines, &path->steps[last], prefix, value);
	for (size_t i = last; i-- > from;)
		close_element(lines, &path->steps[i]);
	return 0;
}

int setting_insert(const struct answer *answer, const struct component *component, const struct setting_path *path,
		   const struct path_hit *hit, const char *value, struct edits *edits, struct err *err)
{
	const struct element *parent = hit->last_parent ? hit->last_parent->element : component->element;
	CLEANUP(new_lines_release) struct new_lines lines = { .prefix = parent->prefix };

	if (add_steps(&lines, path, hit->n_found, wcm_prefix(parent), value, err) < 0)
		return -1;
	if (!parent->first && parent->value_len && strspn(parent->value, " \t\r\n") < parent->value_len)
		return err_set(err, ERR_UNSUPPORTED, "<%s> of line %u holds text where settings belong", parent->name,
			       parent->where.line);
	edits_append_child(edits, &answer->source.text, parent, lines.list.items, lines.list.len);
	return 0;
}

/* ---- the component ---------------------------------------------------------------- */

static void open_component(struct new_lines *lines, const struct setting_path *path, const char *arch, bool declare_wcm)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	add_tag_start(lines, "component", &out);
	add_attribute("name", path->component, &out);
	add_attribute("processorArchitecture", arch, &out);
	add_attribute("publicKeyToken", COMPONENT_TOKEN, &out);
	add_attribute("language", "neutral", &out);
	add_attribute("versionScope", "nonSxS", &out);
	if (declare_wcm)
		add_attribute("xmlns:wcm", NS_WCM, &out);
	strbuf_addc(&out, '>');
	add_line(lines, &out);
	lines->depth++;
}

static void add_plain(struct new_lines *lines, const char *name, const char *pass)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (!pass) {
		add_tag_end(lines, name, &out);
	} else {
		add_tag_start(lines, name, &out);
		add_attribute("pass", pass, &out);
		strbuf_addc(&out, '>');
	}
	add_line(lines, &out);
}

static const struct settings_block *find_block(const struct answer *answer, enum pass pass)
{
	for (size_t i = 0; i < answer->blocks.len; i++)
		if (answer->blocks.items[i].pass == pass)
			return &answer->blocks.items[i];
	return NULL;
}

/* The one a new pass goes behind: the last of the passes that Setup runs before it, or the very last. */
static const struct settings_block *block_before(const struct answer *answer, enum pass pass)
{
	const struct settings_block *before = NULL;

	for (size_t i = 0; i < answer->blocks.len; i++)
		if (answer->blocks.items[i].pass < pass)
			before = &answer->blocks.items[i];
	if (!before && answer->blocks.len)
		before = &answer->blocks.items[answer->blocks.len - 1];
	return before;
}

static void insert_block(const struct answer *answer, enum pass pass, const struct new_lines *lines, struct edits *edits)
{
	const struct settings_block *before = block_before(answer, pass);
	const struct strbuf *text = &answer->source.text;

	if (before)
		edits_insert_after(edits, text, before->element, lines->list.items, lines->list.len);
	else
		edits_append_child(edits, text, answer->markup.root, lines->list.items, lines->list.len);
}

int component_insert(const struct answer *answer, const struct setting_path *path, const char *arch, const char *value,
		     struct edits *edits, struct err *err)
{
	const struct settings_block *block = find_block(answer, path->pass);
	const struct element *parent = block ? block->element : answer->markup.root;
	CLEANUP(new_lines_release) struct new_lines lines = { .prefix = parent->prefix };
	const char *prefix = wcm_prefix(parent);

	if (!block) {
		add_plain(&lines, "settings", pass_name(path->pass));
		lines.depth++;
	}
	open_component(&lines, path, arch, !prefix);
	if (add_steps(&lines, path, 0, prefix ? prefix : "wcm", value, err) < 0)
		return -1;
	lines.depth--;
	add_plain(&lines, "component", NULL);
	if (block) {
		edits_append_child(edits, &answer->source.text, parent, lines.list.items, lines.list.len);
		return 0;
	}
	lines.depth--;
	add_plain(&lines, "settings", NULL);
	insert_block(answer, path->pass, &lines, edits);
	return 0;
}
