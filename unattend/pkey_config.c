/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/pkey_config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/vec.h"
#include "common/base/arena.h"
#include "unattend/base64.h"
#include "unattend/xml_check.h"

#define GROUPS_MAX 100000

struct pkey_config {
	struct arena arena;
	VEC(struct key_group) groups;
	struct key_group next; /* the <Configuration> being read */
	struct strbuf inner;   /* XML found in base64 */
};

static const char *keep(struct pkey_config *config, const char *text)
{
	return arena_text(&config->arena, text, strlen(text));
}

static void finish_group(struct pkey_config *config)
{
	if (config->next.group && config->next.channel && config->groups.len < GROUPS_MAX) {
		if (!config->next.edition)
			config->next.edition = "";
		if (!config->next.description)
			config->next.description = "";
		*vec_add(&config->groups) = config->next;
	}
	config->next = (struct key_group){ .group = 0 };
}

static void read_leaf(void *ctx, const char *name, const char *text)
{
	struct pkey_config *config = ctx;

	if (strcmp(name, "RefGroupId") == 0)
		config->next.group = (uint32_t)strtoul(text, NULL, 10);
	else if (strcmp(name, "EditionId") == 0)
		config->next.edition = keep(config, text);
	else if (strcmp(name, "ProductDescription") == 0)
		config->next.description = keep(config, text);
	else if (strcmp(name, "ProductKeyType") == 0)
		config->next.channel = keep(config, text);
	else if (strcmp(name, "Configuration") == 0)
		finish_group(config);
	else if (strcmp(name, "infoBin") == 0 && config->inner.len == 0 &&
		 (!base64_decode(text, strlen(text), &config->inner) ||
		  !memmem(strbuf_text(&config->inner), config->inner.len, "ProductKeyConfiguration", 23)))
		strbuf_clear(&config->inner);
}

static int read_all(struct pkey_config *config, struct bytes b, struct err *err)
{
	if (xml_walk(b, read_leaf, config, err) < 0)
		return -1;
	if (config->inner.len &&
	    xml_walk(bytes_of(config->inner.data, config->inner.len), read_leaf, config, err) < 0)
		return err_context(err, "the configuration inside");
	if (config->groups.len == 0)
		return err_set(err, ERR_FORMAT, "this is no product key configuration: it names no key group");
	return 0;
}

struct pkey_config *pkey_config_parse(struct bytes b, struct err *err)
{
	struct pkey_config *config = xcalloc(1, sizeof(*config));

	if (read_all(config, b, err) < 0)
		pkey_config_freep(&config);
	return config;
}

struct pkey_config *pkey_config_load(const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct pkey_config *config = NULL;

	if (file_read_all(path, PKEY_CONFIG_MAX_BYTES, &raw, err) == 0)
		config = pkey_config_parse(bytes_of(raw.data, raw.len), err);
	if (!config)
		err_context(err, "%s", path);
	return config;
}

void pkey_config_freep(struct pkey_config **config)
{
	if (!*config)
		return;
	arena_release(&(*config)->arena);
	vec_release(&(*config)->groups);
	strbuf_release(&(*config)->inner);
	free(*config);
	*config = NULL;
}

const struct key_group *pkey_config_find(const struct pkey_config *config, uint32_t group)
{
	for (size_t i = 0; config && i < config->groups.len; i++)
		if (config->groups.items[i].group == group)
			return &config->groups.items[i];
	return NULL;
}

size_t pkey_config_len(const struct pkey_config *config)
{
	return config->groups.len;
}

void key_classify(const char *text, size_t len, const struct pkey_config *config, struct key_verdict *ret)
{
	*ret = (struct key_verdict){ .tier = KEY_TIER_UNKNOWN };
	product_key_read(text, len, &ret->key);
	ret->published = published_key_find(text, len);
	if (ret->key.shape != KEY_2009 || !ret->key.checksum_ok)
		return;
	ret->group = pkey_config_find(config, ret->key.group);
	if (ret->group) {
		ret->tier = KEY_TIER_CERTAIN;
		return;
	}
	ret->group = key_group_find(ret->key.group);
	if (ret->group || ret->published)
		ret->tier = KEY_TIER_TABLE;
}

bool key_verdict_is(const struct key_verdict *verdict, const char *channel_prefix)
{
	if (verdict->group)
		return strncmp(verdict->group->channel, channel_prefix, strlen(channel_prefix)) == 0;
	return verdict->published && strcmp(channel_prefix, "Volume:GVLK") == 0;
}
