/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/answer.h"

#include <string.h>
#include <strings.h>

#include "unattend/product_key.h"


#define PATH_MAX_LEN 240    /* of a setting below its component; the longest documented one has 93 */
#define SETTING_MAX_DEPTH 16

/* ---- what kind of file ---------------------------------------------------- */

static bool text_has(const struct source *source, const char *word)
{
	return source->text.len && memmem(source->text.data, source->text.len, word, strlen(word));
}

static bool begins_with_markup(const struct source *source)
{
	const char *text = strbuf_text(&source->text);
	size_t i = 0;

	while (is_xml_space(text[i]))
		i++;
	return text[i] == '<' || strncmp(text + i, "\xef\xbb\xbf<", 4) == 0;
}

static bool has_answer_section(const struct source *source)
{
	const char *text = strbuf_text(&source->text), *at = text, *end = text + source->text.len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *close;

		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		close = at < end && *at == '[' ? memchr(at, ']', (size_t)MIN(end - at, 64)) : NULL;
		if (close && ini_is_answer_section(at + 1, (size_t)(close - at - 1)))
			return true;
		if (!newline)
			break;
		at = newline + 1;
	}
	return false;
}

bool answer_recognise(const struct source *source)
{
	if (text_has(source, "<unattend") || text_has(source, NS_UNATTEND))
		return true;
	return !begins_with_markup(source) && has_answer_section(source);
}

/* The start of the root element, whatever stands before it: "<unattend" as a whole tag. */
static bool has_root_tag(const struct source *source)
{
	const char *text = strbuf_text(&source->text), *end = text + source->text.len, *at = text;
	static const char tag[] = "<unattend";

	while ((at = memmem(at, (size_t)(end - at), tag, strlen(tag)))) {
		at += strlen(tag);
		size_t inside = strcspn(at, "<>");

		if ((is_xml_space(*at) || *at == '>') && at[inside] == '>')
			return true;
	}
	return false;
}

static int find_kind(const struct source *source, enum answer_kind *ret, struct err *err)
{
	if (begins_with_markup(source) || text_has(source, "<?xml ") || has_root_tag(source))
		*ret = ANSWER_XML;
	else if (has_answer_section(source))
		*ret = ANSWER_INI;
	else
		return err_set(err, ERR_FORMAT,
			       "this is no answer file: neither XML nor a text with sections such as [Unattended]");
	return 0;
}

/* ---- settings -------------------------------------------------------------- */

/* parent is an index + 1, 0 for none: the array still moves, link_up makes it a pointer. */
static void add_setting(struct answer *answer, const struct element *e, size_t component, size_t parent)
{
	const char *parent_path = parent ? answer->settings.items[parent - 1].path : "";
	size_t parent_len = strlen(parent_path), len = parent_len + (parent_len > 0) + strlen(e->name);
	struct setting *s;
	char *path, *end;

	if (len > PATH_MAX_LEN)
		return;
	path = arena_alloc(&answer->markup.arena, len + 1);
	end = stpcpy(path, parent_path);
	if (parent_len)
		*end++ = '/';
	stpcpy(end, e->name);
	s = vec_add(&answer->settings);
	s->element = e;
	s->path = path;
	s->path_hash = parent ? setting_path_hash_more(answer->settings.items[parent - 1].path_hash, path + parent_len)
			      : setting_path_hash(path);
	s->parent = (const struct setting *)(uintptr_t)parent;
	answer->components.items[component].n++;
}

/* Children are added after their brothers' elder subtree: document order, without recursion. */
static void add_settings(struct answer *answer, size_t component)
{
	const struct element *top = answer->components.items[component].element, *e = top->first;
	size_t parents[SETTING_MAX_DEPTH + 1] = { 0 }, depth = 0;

	while (e) {
		size_t before = answer->settings.len;

		add_setting(answer, e, component, parents[depth]);
		if (e->first && depth < SETTING_MAX_DEPTH && answer->settings.len > before) {
			parents[++depth] = before + 1;
			e = e->first;
			continue;
		}
		while (e != top && !e->next) {
			e = e->parent;
			depth -= e != top;
		}
		e = e == top ? NULL : e->next;
	}
}

static void add_component(struct answer *answer, const struct element *e, size_t block)
{
	const struct attribute *name = element_attribute(e, "name"), *arch = element_attribute(e, "processorArchitecture");
	struct component *c = vec_add(&answer->components);

	c->element = e;
	c->name = name ? name->value : "";
	c->name_len = strlen(c->name);
	c->arch = arch ? arch->value : "";
	c->spec = component_spec_find(c->name);
	c->first = answer->settings.len;
	/* an index for now: the array of blocks may still move */
	c->block = (const struct settings_block *)(uintptr_t)block;
	add_settings(answer, answer->components.len - 1);
}

static void add_block(struct answer *answer, const struct element *e)
{
	const struct attribute *pass = element_attribute(e, "pass");
	struct settings_block *block = vec_add(&answer->blocks);

	block->element = e;
	block->pass_text = pass ? pass->value : NULL;
	block->pass = pass ? pass_parse(pass->value) : PASS_NONE;
	for (const struct element *c = e->first; c; c = c->next)
		if (strcmp(c->name, "component") == 0)
			add_component(answer, c, answer->blocks.len);
}

static void link_up(struct answer *answer)
{
	for (size_t i = 0; i < answer->components.len; i++) {
		struct component *c = &answer->components.items[i];
		size_t block = (size_t)(uintptr_t)c->block;

		c->block = block ? &answer->blocks.items[block - 1] : NULL;
		for (size_t k = c->first; k < c->first + c->n; k++) {
			struct setting *s = &answer->settings.items[k];
			size_t parent = (size_t)(uintptr_t)s->parent;

			s->component = c;
			s->parent = parent ? &answer->settings.items[parent - 1] : NULL;
			s->spec = setting_spec_find_hashed(c->name, s->path, s->path_hash);
		}
	}
}

/* Behind each other in document order: the settings whose last names look alike. */
static void index_names(struct answer *answer)
{
	struct setting *last[NAME_CHAINS] = { NULL };

	for (size_t i = 0; i < answer->settings.len; i++) {
		struct setting *s = &answer->settings.items[i];
		unsigned chain = name_chain(s->element->name);

		if (last[chain])
			last[chain]->next_alike = s;
		else
			answer->chains[chain] = s;
		last[chain] = s;
	}
}

/* In a calmed file the value no longer has the mark as it is written. */
static bool holds_expression(const struct answer *answer, const struct element *e)
{
	if (!e->value_len)
		return false;
	if (answer->calmed && !e->first)
		return template_in_value(answer->template_mode, answer->source.text.data + e->content.at, e->content.end - e->content.at);
	return template_in_value(answer->template_mode, e->value, e->value_len);
}

static void mark_placeholders(struct answer *answer)
{
	for (size_t i = 0; i < answer->settings.len; i++) {
		struct setting *s = &answer->settings.items[i];

		s->placeholder = holds_expression(answer, s->element);
		if (!s->placeholder)
			continue;
		if (!answer->n_placeholders++)
			answer->first_placeholder = s;
	}
}

static void mark_conditional(struct answer *answer)
{
	const char *text = strbuf_text(&answer->source.text);
	size_t at = template_directive(answer->template_mode, text, answer->source.text.len);

	answer->conditional = at < answer->source.text.len;
	if (answer->conditional)
		answer->conditional_where = text_spot(text, answer->source.text.len, at);
}

static void build_model(struct answer *answer)
{
	const struct element *root = answer->markup.root;

	if (!root)
		return;
	for (const struct element *e = root->first; e; e = e->next) {
		if (strcmp(e->name, "settings") == 0)
			add_block(answer, e);
		else if (strcmp(e->name, "component") == 0)
			add_component(answer, e, 0);
	}
	link_up(answer);
	index_names(answer);
}

/* ---- well-formedness ------------------------------------------------------- */

/* A copy in which comments with "--" inside are blank: they are a finding of their own. */
static void blank_bad_comments(const struct answer *answer, const struct strbuf *text, struct strbuf *ret)
{
	strbuf_add(ret, text->data, text->len);
	for (size_t i = 0; i < answer->markup.comments.len; i++) {
		const struct comment *c = &answer->markup.comments.items[i];

		for (size_t k = c->span.at + 4; c->double_hyphen && k < c->span.end - 3; k++)
			if (ret->data[k] != '\n' && ret->data[k] != '\r')
				ret->data[k] = ' ';
	}
}

static bool has_bad_comment(const struct answer *answer)
{
	for (size_t i = 0; i < answer->markup.comments.len; i++)
		if (answer->markup.comments.items[i].double_hyphen)
			return true;
	return false;
}

static size_t offset_of_line(const char *text, size_t len, size_t at, uint32_t line)
{
	while (line > 1 && at < len) {
		const char *newline = memchr(text + at, '\n', len - at);

		if (!newline)
			return len;
		at = (size_t)(newline - text) + 1;
		line--;
	}
	return at;
}

static void check_well_formed(struct answer *answer, const struct strbuf *from)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	const char *text = strbuf_text(from);
	size_t len = from->len, start = answer->markup.declaration, at;

	/* What our reader could not follow is told by it; a document type never gets to the library. */
	if (answer->markup.has_doctype || answer->markup.damaged || (answer->markup.well_formed && !answer->source.damaged))
		return;
	if (has_bad_comment(answer)) {
		blank_bad_comments(answer, from, &copy);
		text = copy.data;
	}
	xml_check(text + start, len - start, &answer->fault);
	if (!answer->fault.found)
		return;
	at = offset_of_line(text, len, start, answer->fault.line) + answer->fault.byte_in_line;
	answer->fault_where = text_spot(text, len, MIN(at, len));
}

static void prefer_own_fault(struct answer *answer)
{
	const struct markup *m = &answer->markup;

	if (!m->damaged)
		return;
	answer->fault.found = true;
	answer->fault_where = m->error_where;
	memcpy(answer->fault.message, m->error, sizeof(answer->fault.message));
}

static int read_markup(struct answer *answer, const struct strbuf *text, struct err *err)
{
	if (markup_read(strbuf_text(text), text->len, &answer->markup, err) < 0)
		return -1;
	check_well_formed(answer, text);
	prefer_own_fault(answer);
	mask_keys(answer->fault.message); /* it cites names of the file, and a key may stand in place of one */
	return 0;
}

/* A file that is no XML only because of its template marks is read without them. */
static int read_calmed(struct answer *answer, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf calm = STRBUF_INIT;
	struct answer other = { .source.damaged = answer->source.damaged };

	if (!template_calm(answer->template_mode, strbuf_text(&answer->source.text), answer->source.text.len, &calm))
		return 0;
	if (read_markup(&other, &calm, err) < 0) {
		markup_release(&other.markup);
		return -1;
	}
	if (other.fault.found) {
		markup_release(&other.markup);
		return 0;
	}
	markup_release(&answer->markup);
	answer->calmed = true;
	answer->markup = other.markup;
	answer->fault = other.fault;
	return 0;
}

static int read_xml(struct answer *answer, struct err *err)
{
	if (read_markup(answer, &answer->source.text, err) < 0)
		return -1;
	if (answer->fault.found && read_calmed(answer, err) < 0)
		return -1;
	build_model(answer);
	if (answer->template_mode == TEMPLATE_NONE)
		return 0;
	mark_placeholders(answer);
	mark_conditional(answer);
	return 0;
}

int answer_read(struct strbuf *raw, const char *file, enum template_mode mode, struct answer *ret, struct err *err)
{
	int result;

	*ret = (struct answer){ .file = file, .template_mode = mode };
	source_decode(raw, &ret->source);
	if (find_kind(&ret->source, &ret->kind, err) < 0)
		result = -1;
	else if (ret->kind == ANSWER_INI)
		result = ini_read(strbuf_text(&ret->source.text), ret->source.text.len, &ret->ini, err);
	else
		result = read_xml(ret, err);
	if (result < 0)
		answer_release(ret);
	return result;
}

void answer_release(struct answer *answer)
{
	source_release(&answer->source);
	markup_release(&answer->markup);
	ini_release(&answer->ini);
	vec_release(&answer->blocks);
	vec_release(&answer->components);
	vec_release(&answer->settings);
}
