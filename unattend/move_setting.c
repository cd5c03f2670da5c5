/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/move_setting.h"

#include <string.h>
#include <strings.h>

bool element_is_alone(const struct strbuf *text, const struct element *e)
{
	const struct span *around = &e->parent->content;

	for (size_t i = around->at; i < around->end; i++)
		if ((i < e->span.at || i >= e->span.end) && !is_xml_space(text->data[i]))
			return false;
	return true;
}

void delete_with_empty_parents(const struct answer *answer, const struct element *e, struct edits *edits)
{
	const struct strbuf *text = &answer->source.text;

	while (e->parent && e->parent->parent && element_is_alone(text, e))
		e = e->parent;
	edits_delete_element(edits, text, e);
}

const struct component *component_in_pass(const struct answer *answer, const char *name, const char *arch, enum pass pass)
{
	for (size_t i = 0; i < answer->components.len; i++) {
		const struct component *c = &answer->components.items[i];

		if (component_pass(c) == pass && component_is(c, name) && strcasecmp(c->arch, arch) == 0)
			return c;
	}
	return NULL;
}

/* The block of the pass; else *ret_before is the one that a new block goes behind. */
static const struct settings_block *find_block(const struct answer *answer, enum pass pass, const struct settings_block **ret_before)
{
	*ret_before = NULL;
	for (size_t i = 0; i < answer->blocks.len; i++) {
		const struct settings_block *block = &answer->blocks.items[i];

		if (block->pass == pass)
			return block;
		if (block->pass && block->pass < pass)
			*ret_before = block;
	}
	*ret_before = *ret_before ? *ret_before : &answer->blocks.items[0];
	return NULL;
}

static char *copy_span(const struct answer *answer, size_t at, size_t end)
{
	return xstrndup(answer->source.text.data + at, end - at);
}

void plan_move_setting(const struct answer *answer, const struct setting *s, enum pass to, struct edits *edits)
{
	const struct strbuf *text = &answer->source.text;
	const struct component *target = component_in_pass(answer, s->component->name, s->component->arch, to);
	const struct settings_block *before, *block = find_block(answer, to, &before);
	const struct element *from = s->component->element;
	const char *colon = *from->prefix ? ":" : "";
	CLEANUP(freep) char *moved = copy_span(answer, s->element->span.at, s->element->span.end);
	CLEANUP(freep) char *component_open = copy_span(answer, from->span.at, from->content.at);
	CLEANUP(freep) char *component_close = xasprintf("</%s%scomponent>", from->prefix, colon);
	CLEANUP(freep) char *block_open = xasprintf("<%s%ssettings pass=\"%s\">", from->prefix, colon, pass_name(to));
	CLEANUP(freep) char *block_close = xasprintf("</%s%ssettings>", from->prefix, colon);
	const struct edit_line lines[] = {
		{ 0, block_open }, { 1, component_open }, { 2, moved }, { 1, component_close }, { 0, block_close },
	};
	const struct edit_line inner[] = { { 0, component_open }, { 1, moved }, { 0, component_close } };

	/* nothing else stands in the block: it is that of the other pass from now on */
	if (!block && s->component->block && element_is_alone(text, s->element) && element_is_alone(text, from)) {
		edits_replace(edits, element_attribute(from->parent, "pass")->raw, pass_name(to));
		return;
	}
	if (target)
		edits_append_child(edits, text, target->element, &inner[1], 1);
	else if (block)
		edits_append_child(edits, text, block->element, inner, ARRAY_SIZE(inner));
	else
		edits_insert_after(edits, text, before->element, lines, ARRAY_SIZE(lines));
	delete_with_empty_parents(answer, s->element, edits);
}
