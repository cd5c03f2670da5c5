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
	hash = hash_text(hash, finding->where.file);
	hash = hash_text(hash, finding->where.item);
	return hash_text(hash, finding->message);
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same_but_for_place(const struct finding *a, const struct finding *b)
{
	return a->rule == b->rule && a->where.file == b->where.file && same_text(a->where.item, b->where.item) &&
	       strcmp(a->message, b->message) == 0;
}

char *finding_fingerprint(struct report *report, size_t i, char ret[FINGERPRINT_LEN + 1])
{
	const struct finding *finding = report_get(report, i);
	uint64_t before = 0;

	/* Findings of a file are neighbours, so the walk back ends at its first one. */
	for (size_t j = i; j > 0 && report_get(report, j - 1)->where.file == finding->where.file; j--)
		before += same_but_for_place(report_get(report, j - 1), finding);
	snprintf(ret, FINGERPRINT_LEN + 1, "%016" PRIx64 "%016" PRIx64, hash_finding(finding, 0xcbf29ce484222325ULL),
		 hash_finding(finding, before + 0x9e3779b97f4a7c15ULL));
	return ret;
}
