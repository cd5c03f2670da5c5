/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct component_spec components[] = {
#include "unattend/data/components.inc"
};

static const struct setting_spec settings[] = {
#include "unattend/data/settings.inc"
};

static const struct windows targets[] = {
	{ "vista", 6000, false },     { "win7", 7600, false },        { "server2008", 6001, true },
	{ "server2008r2", 7600, true }, { "win8", 9200, false },        { "server2012", 9200, true },
	{ "win8.1", 9600, false },    { "server2012r2", 9600, true }, { "win10", 19041, false },
	{ "server2016", 14393, true }, { "server2019", 17763, true },  { "server2022", 20348, true },
	{ "win11", 22000, false },    { "win11-24h2", 26100, false }, { "server2025", 26100, true },
};

const char *const pass_names[] = {
	"windowsPE", "offlineServicing", "generalize", "specialize", "auditSystem", "auditUser", "oobeSystem", NULL,
};

enum pass pass_parse(const char *text)
{
	for (unsigned i = 0; pass_names[i]; i++)
		if (strcmp(text, pass_names[i]) == 0)
			return (enum pass)(1u << i);
	return PASS_NONE;
}

const char *pass_name(enum pass pass)
{
	for (unsigned i = 0; pass_names[i]; i++)
		if (pass == 1u << i)
			return pass_names[i];
	return "none";
}

const char *pass_list(unsigned passes, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (unsigned i = 0; pass_names[i]; i++)
		if (passes & 1u << i && used < size)
			used += (size_t)snprintf(ret + used, size - used, "%s%s", used ? ", " : "", pass_names[i]);
	return ret;
}

static int compare_component(const void *name, const void *row)
{
	return strcasecmp(name, ((const struct component_spec *)row)->name);
}

const struct component_spec *component_spec_find(const char *name)
{
	return bsearch(name, components, ARRAY_SIZE(components), sizeof(components[0]), compare_component);
}

/* ---- settings by hash ------------------------------------------------------ */

#define SLOTS 4096 /* a power of two, more than three for each setting */

/* Rows of settings + 1 by hash of their path, 0 for a free slot. Filled at the first question. */
static uint16_t slots[SLOTS];

/* FNV-1a over small letters: most settings are told apart without comparing names. */
uint32_t setting_path_hash(const char *path)
{
	return setting_path_hash_more(2166136261u, path);
}

uint32_t setting_path_hash_more(uint32_t hash, const char *path)
{
	for (; *path; path++)
		hash = (hash ^ (uint8_t)(*path >= 'A' && *path <= 'Z' ? *path | 32 : *path)) * 16777619u;
	return hash;
}

static void fill_slots(void)
{
	_Static_assert(ARRAY_SIZE(settings) * 3 < SLOTS, "slots for all settings");

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		size_t slot = setting_path_hash(settings[i].path) % SLOTS;

		while (slots[slot])
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint16_t)(i + 1);
	}
}

const struct setting_spec *setting_spec_find_hashed(const char *component, const char *path, uint32_t hash)
{
	static pthread_once_t filled = PTHREAD_ONCE_INIT;

	pthread_once(&filled, fill_slots);
	for (size_t slot = hash % SLOTS; slots[slot]; slot = (slot + 1) % SLOTS) {
		const struct setting_spec *spec = &settings[slots[slot] - 1];

		if (name_is(spec->path, path) && strcasecmp(spec->component, component) == 0)
			return spec;
	}
	return NULL;
}

const struct setting_spec *setting_spec_find(const char *component, const char *path)
{
	return setting_spec_find_hashed(component, path, setting_path_hash(path));
}

const struct component_spec *component_spec_at(size_t i)
{
	return i < ARRAY_SIZE(components) ? &components[i] : NULL;
}

const struct setting_spec *setting_spec_at(size_t i)
{
	return i < ARRAY_SIZE(settings) ? &settings[i] : NULL;
}

unsigned setting_spec_passes(const struct setting_spec *spec)
{
	const struct component_spec *component;

	if (spec->passes)
		return spec->passes;
	component = component_spec_find(spec->component);
	return component ? component->passes : 0;
}

/* Letters to insert, delete or replace to come from a to b, without regard to case. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[72], a_len = strlen(a), b_len = strlen(b);

	if (a_len >= ARRAY_SIZE(row) || b_len >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			bool same = (a[i - 1] | 32) == (b[j - 1] | 32);

			row[j] = MIN(MIN(row[j] + 1, row[j - 1] + 1), diagonal + !same);
			diagonal = above;
		}
	}
	return row[b_len];
}

void name_consider(const char *word, const char *name, const char **best, size_t *best_distance)
{
	size_t len = strlen(word), name_len = strlen(name), limit = MAX((size_t)2, len / 4), distance;

	if ((len > name_len ? len - name_len : name_len - len) > limit)
		return;
	distance = edit_distance(word, name);
	if (distance >= *best_distance || distance > limit)
		return;
	*best = name;
	*best_distance = distance;
}

const char *component_did_you_mean(const char *name)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(components); i++)
		name_consider(name, components[i].name, &best, &distance);
	return best;
}

/* Brothers of the mistyped setting first; then the same name at another place of the component. */
const char *setting_did_you_mean(const char *component, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting_spec *spec = &settings[i];

		if (strcasecmp(spec->component, component) != 0 || spec->kind >= SETTING_ATTRIBUTE)
			continue;
		if (strncasecmp(spec->path, path, folder) == 0 && !strchr(spec->path + folder, '/'))
			name_consider(path + folder, spec->path + folder, &best, &distance);
	}
	for (size_t i = 0; i < ARRAY_SIZE(settings) && !best; i++) {
		const struct setting_spec *spec = &settings[i];
		const char *last = strrchr(spec->path, '/');

		last = last ? last + 1 : spec->path;
		if (strcasecmp(spec->component, component) == 0 && strcasecmp(last, path + folder) == 0 &&
		    spec->kind < SETTING_ATTRIBUTE)
			return spec->path;
	}
	return best;
}

const struct windows *windows_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (strcasecmp(name, targets[i].name) == 0)
			return &targets[i];
	return NULL;
}

const struct windows *windows_at(size_t i)
{
	return i < ARRAY_SIZE(targets) ? &targets[i] : NULL;
}
