/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/answer.h"

#include <string.h>
#include <strings.h>

bool answer_is_whole(const struct answer *answer)
{
	return answer->kind == ANSWER_XML && !answer->fault.found && answer->markup.root;
}

bool component_is(const struct component *component, const char *name)
{
	size_t len = strlen(name);

	/* the first letters are mostly those of Microsoft-Windows- */
	return len == component->name_len && len && name_is(component->name + len - 1, name + len - 1) &&
	       strcasecmp(component->name, name) == 0;
}

enum pass component_pass(const struct component *component)
{
	return component->block ? component->block->pass : PASS_NONE;
}

const struct setting *answer_named(const struct answer *answer, const char *name, const struct setting *after)
{
	const struct setting *s = after ? after->next_alike : answer->chains[name_chain(name)];

	while (s && !name_is(s->element->name, name))
		s = s->next_alike;
	return s;
}

const struct setting *answer_next(const struct answer *answer, const char *component, const char *path,
				  const struct setting *after)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	bool any = *component == '*';
	const struct setting *s = after;

	while ((s = answer_named(answer, name, s)))
		if (strcasecmp(s->path, path) == 0 && (any || component_is(s->component, component)))
			return s;
	return NULL;
}

const struct setting *setting_child(const struct answer *answer, const struct setting *parent, const char *name)
{
	const struct component *c = parent->component;
	size_t end = c->first + c->n;

	for (size_t i = (size_t)(parent - answer->settings.items) + 1; i < end; i++) {
		const struct setting *s = &answer->settings.items[i];

		if (s->element->span.at >= parent->element->span.end)
			break;
		if (s->parent == parent && name_is(s->element->name, name))
			return s;
	}
	return NULL;
}

const struct setting *component_setting(const struct answer *answer, const struct component *component,
					const char *path)
{
	const struct setting *s = NULL;

	while ((s = answer_next(answer, "*", path, s)) && s->component != component)
		;
	return s;
}

const char *setting_value(const struct setting *setting, size_t *ret_len)
{
	const char *value = setting->element->value;
	size_t len = setting->element->value_len;

	while (len && is_xml_space(*value)) {
		value++;
		len--;
	}
	while (len && is_xml_space(value[len - 1]))
		len--;
	*ret_len = len;
	return value;
}

bool setting_value_is(const struct setting *setting, const char *text)
{
	size_t len;
	const char *value = setting_value(setting, &len);

	return len == strlen(text) && strncasecmp(value, text, len) == 0;
}

bool setting_value_empty(const struct setting *setting)
{
	size_t len;

	(void)setting_value(setting, &len);
	return len == 0 && !setting->element->first;
}
