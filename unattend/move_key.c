/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/move_key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "unattend/move_setting.h"

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"

struct tag {
	const char *prefix;
	const char *colon;
};

static struct tag tag_like(const struct element *e)
{
	return (struct tag){ e->prefix, *e->prefix ? ":" : "" };
}

static const struct settings_block *find_block(const struct answer *answer, enum pass pass)
{
	for (size_t i = 0; i < answer->blocks.len; i++)
		if (answer->blocks.items[i].pass == pass)
			return &answer->blocks.items[i];
	return NULL;
}

/* The last block of a pass that runs before specialize: a new one goes behind it. */
static const struct settings_block *block_before(const struct answer *answer)
{
	const struct settings_block *best = NULL;

	for (size_t i = 0; i < answer->blocks.len; i++)
		if (answer->blocks.items[i].pass && answer->blocks.items[i].pass < PASS_SPECIALIZE)
			best = &answer->blocks.items[i];
	return best ? best : &answer->blocks.items[0];
}

static void add_new_component(const struct answer *answer, const struct setting *key, const char *key_line,
			      struct edits *edits)
{
	const struct settings_block *block = find_block(answer, PASS_SPECIALIZE);
	const struct settings_block *before = block_before(answer);
	struct tag t = tag_like(key->component->element);
	CLEANUP(freep) char *component_open = xasprintf(
		"<%s%scomponent name=\"" SHELL_SETUP "\" processorArchitecture=\"%s\" publicKeyToken=\"31bf3856ad364e35\" "
		"language=\"neutral\" versionScope=\"nonSxS\">", t.prefix, t.colon, key->component->arch);
	CLEANUP(freep) char *component_close = xasprintf("</%s%scomponent>", t.prefix, t.colon);
	CLEANUP(freep) char *block_open = xasprintf("<%s%ssettings pass=\"specialize\">", t.prefix, t.colon);
	CLEANUP(freep) char *block_close = xasprintf("</%s%ssettings>", t.prefix, t.colon);
	const struct edit_line lines[] = {
		{ 0, block_open }, { 1, component_open }, { 2, key_line }, { 1, component_close }, { 0, block_close },
	};
	const struct edit_line inner[] = { { 0, component_open }, { 1, key_line }, { 0, component_close } };

	if (block)
		edits_append_child(edits, &answer->source.text, block->element, inner, ARRAY_SIZE(inner));
	else
		edits_insert_after(edits, &answer->source.text, before->element, lines, ARRAY_SIZE(lines));
}

static bool put_into(const struct answer *answer, const struct component *target, const char *key, size_t len,
		     const char *key_line, struct edits *edits)
{
	const struct setting *old = component_setting(answer, target, "ProductKey");
	const struct edit_line line = { 0, key_line };
	size_t old_len;
	const char *old_key;

	if (!old) {
		edits_append_child(edits, &answer->source.text, target->element, &line, 1);
		return true;
	}
	old_key = setting_value(old, &old_len);
	if (old_len == len && strncasecmp(old_key, key, len) == 0)
		return true;
	if (old_len || old->element->first)
		return false;
	edits_replace(edits, old->element->span, key_line);
	return true;
}

void delete_key_element(const struct answer *answer, const struct setting *key, struct edits *edits)
{
	const struct element *e = key->element;

	if (key->parent && element_is_alone(&answer->source.text, e))
		e = e->parent;
	edits_delete_element(edits, &answer->source.text, e);
}

static void plan_key(const struct answer *answer, const struct setting *key, bool keep, enum fix_safety safety, struct hit *hit)
{
	const struct component *target = component_in_pass(answer, SHELL_SETUP, key->component->arch, PASS_SPECIALIZE);
	struct tag t = tag_like(key->component->element);
	struct edits edits = { .list = { NULL, 0, 0 } };
	size_t len;
	const char *value = setting_value(key, &len);
	CLEANUP(freep) char *key_line = xasprintf("<%s%sProductKey>%.*s</%s%sProductKey>", t.prefix, t.colon, (int)len, value,
						  t.prefix, t.colon);

	if (len != PRODUCT_KEY_LEN || key->placeholder)
		return;
	if (target && !put_into(answer, target, value, len, key_line, &edits)) {
		edits_release(&edits);
		return;
	}
	if (!target)
		add_new_component(answer, key, key_line, &edits);
	if (!keep)
		delete_key_element(answer, key, &edits);
	*hit_fix(hit, safety) = edits;
}

void plan_move_key(const struct answer *answer, const struct setting *key, struct hit *hit)
{
	plan_key(answer, key, false, FIX_SAFE, hit);
}

void plan_copy_key(const struct answer *answer, const struct setting *key, struct hit *hit)
{
	plan_key(answer, key, true, FIX_UNSAFE, hit);
}
