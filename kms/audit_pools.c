/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pools of computers that are made anew at each start, as --pool names them. */
#include <fnmatch.h>
#include <stdlib.h>

#include "kms/audit.h"

bool audit_matches(const struct audit *audit, const char *glob, uint32_t name)
{
	return fnmatch(glob, cmid_index_name(audit->index, name), FNM_CASEFOLD) == 0;
}

bool audit_in_pool(const struct audit *audit, uint32_t name)
{
	for (size_t i = 0; i < audit->options.n_pools; i++)
		if (audit_matches(audit, audit->options.pools[i], name))
			return true;
	return false;
}

enum seen { SEEN = 1, SEEN_NOW = 2 };

/* Each name and CMID counts once, and once more when it was used in the window. */
static void count_seen(uint8_t *seen, bool now, size_t *ret, size_t *ret_now)
{
	*ret += !(*seen & SEEN);
	*ret_now += now && !(*seen & SEEN_NOW);
	*seen |= (uint8_t)(SEEN | (now ? SEEN_NOW : 0));
}

static void fill_pool(const struct audit *audit, struct audit_pool *pool)
{
	CLEANUP(freep) uint8_t *clients = xcalloc(cmid_index_clients(audit->index) + 1, 1);
	uint64_t start = audit->last > audit->options.window ? audit->last - audit->options.window : 0;
	uint32_t name = INDEX_NONE;
	bool matches = false;
	uint8_t seen = 0;

	/* The uses of one computer stand together. */
	for (size_t i = 0; i < cmid_index_uses(audit->index); i++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[i]);
		bool now = use.last_good > start;

		if (use.name != name) {
			name = use.name;
			matches = audit_matches(audit, pool->glob, name);
			seen = 0;
		}
		if (!matches)
			continue;
		count_seen(&seen, now, &pool->computers, &pool->now_computers);
		count_seen(&clients[use.client], now, &pool->cmids, &pool->now_cmids);
	}
}

void audit_find_pools(struct audit *audit)
{
	for (size_t i = 0; i < audit->options.n_pools; i++) {
		struct audit_pool pool = { .glob = audit->options.pools[i] };

		fill_pool(audit, &pool);
		*vec_add(&audit->pools) = pool;
	}
}
