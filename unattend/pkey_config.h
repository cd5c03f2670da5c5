/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The product key configuration of a Windows image
 * (Windows\System32\spp\tokens\pkeyconfig\pkeyconfig.xrm-ms): which group of keys is
 * for which edition and channel. It is XML in base64 inside an XrML licence;
 * the XML alone is taken as well.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "unattend/product_key.h"

#define PKEY_CONFIG_MAX_BYTES (16u * 1024 * 1024) /* real ones hold some 400 KiB */

struct pkey_config;

struct pkey_config *pkey_config_load(const char *path, struct err *err);
struct pkey_config *pkey_config_parse(struct bytes b, struct err *err);
void pkey_config_freep(struct pkey_config **config);

const struct key_group *pkey_config_find(const struct pkey_config *config, uint32_t group);
size_t pkey_config_len(const struct pkey_config *config);

/* How sure the channel of a key is. */
enum key_tier {
	KEY_TIER_UNKNOWN,
	KEY_TIER_TABLE,   /* our list of groups, or Microsoft's public list of keys */
	KEY_TIER_CERTAIN, /* the configuration of the image itself */
};

struct key_verdict {
	struct product_key key;
	enum key_tier tier;
	const struct key_group *group;            /* NULL when not known */
	const struct published_key *published;    /* NULL when it is no public setup key */
};

/* config may be NULL. */
void key_classify(const char *text, size_t len, const struct pkey_config *config, struct key_verdict *ret);
bool key_verdict_is(const struct key_verdict *verdict, const char *channel_prefix);
