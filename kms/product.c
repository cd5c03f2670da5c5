/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/product.h"

#include <stdio.h>
#include <string.h>

static const struct product products[] = {
#include "kms/data/products.inc"
};

static const struct hresult hresults[] = {
#include "kms/data/hresults.inc"
};

static const struct host_key host_keys[] = {
#include "kms/data/host_keys.inc"
};

static const struct kms_number numbers[] = {
#include "kms/data/numbers.inc"
};

static const struct {
	const char *name;
	const char *key;
} counters[COUNTER_COUNT] = {
	[COUNTER_NONE] = { "none", "none" },
	[COUNTER_WINDOWS] = { "Windows", "windows" },
	[COUNTER_OFFICE_2010] = { "Office 2010", "office-2010" },
	[COUNTER_OFFICE_2013] = { "Office 2013", "office-2013" },
	[COUNTER_OFFICE_2016] = { "Office 2016", "office-2016" },
	[COUNTER_OFFICE_2019] = { "Office 2019", "office-2019" },
	[COUNTER_OFFICE_2021] = { "Office LTSC 2021", "office-2021" },
	[COUNTER_OFFICE_2024] = { "Office LTSC 2024", "office-2024" },
	[COUNTER_UNKNOWN] = { "unknown product", "unknown" },
};

const char *counter_name(enum kms_counter counter)
{
	return counters[counter].name;
}

const char *counter_key(enum kms_counter counter)
{
	return counters[counter].key;
}

const struct product *product_find(const struct guid *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (guid_equal(&products[i].id, id))
			return &products[i];
	return NULL;
}

const struct product *product_at(size_t i)
{
	return i < ARRAY_SIZE(products) ? &products[i] : NULL;
}

const struct hresult *hresult_find(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(hresults); i++)
		if (hresults[i].code == code)
			return &hresults[i];
	return NULL;
}

const struct hresult *hresult_at(size_t i)
{
	return i < ARRAY_SIZE(hresults) ? &hresults[i] : NULL;
}

const struct host_key *host_key_at(size_t i)
{
	return i < ARRAY_SIZE(host_keys) ? &host_keys[i] : NULL;
}

const struct kms_number *kms_number_at(size_t i)
{
	return i < ARRAY_SIZE(numbers) ? &numbers[i] : NULL;
}

bool text_names_system(const char *text, const char *system)
{
	while (*system && (text = strcasestr(text, system))) {
		text += strlen(system);
		if (*text != '.' && (*text < '0' || *text > '9') && strncmp(text, " R2", 3) != 0 &&
		    strncmp(text, " for ", 5) != 0)
			return true;
	}
	return false;
}

/* "Server Group B (Windows Server 2008 R2)": both parts, in their place. */
static bool is_group_of(const struct host_key *key, const struct product *product)
{
	const char *system = strstr(key->name, " (");
	char group[64], name[64];

	if (!system || (size_t)(system - key->name) >= sizeof(group) || strlen(system) >= sizeof(name))
		return false;
	snprintf(group, sizeof(group), "%.*s", (int)(system - key->name), key->name);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(system + 2, ")"), system + 2);
	return text_names_system(product->host_key, group) && text_names_system(product->product, name);
}

bool host_key_is_for(const struct host_key *key, const struct product *product)
{
	if (text_names_system(product->host_key, key->name) || is_group_of(key, product))
		return true;
	if (strncmp(key->name, "Office", 6) == 0)
		return strncmp(product->host_key, "Office", 6) == 0 &&
		       strstr(product->host_key, key->name + strlen(key->name) - strlen("2021"));
	/* "host key of the same generation" */
	return strstr(product->host_key, "same") && text_names_system(product->product, key->name);
}
