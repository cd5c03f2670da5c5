/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/fingerprint.h"

#include <inttypes.h>
#include <string.h>

/* FNV-1a, 64 bits; not for security, only to tell findings apart. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
	return (hash ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t hash_finding(const struct finding *finding, uint64_t hash)
{
	hash = hash_text(hash, finding->rule->id);
	if (!finding->rule->by_item || !finding->where.item)
		hash = hash_text(hash, finding->where.file);
	hash = hash_text(hash, finding->where.item);
	return hash_text(hash, finding->message);
}

uint64_t finding_hash(const struct finding *finding)
{
	return hash_finding(finding, 0xcbf29ce484222325ULL);
}

char *finding_fingerprint(struct report *report, size_t i, char ret[FINGERPRINT_LEN + 1])
{
	const struct finding *finding = report_get(report, i);

	snprintf(ret, FINGERPRINT_LEN + 1, "%016" PRIx64 "%016" PRIx64, finding_hash(finding),
		 hash_finding(finding, finding->nth + 0x9e3779b97f4a7c15ULL));
	return ret;
}
