/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a WIM says about its images: names, descriptions and other properties in
 * the XML, and which one boots. The new XML (and the integrity table, which has to
 * follow it) is appended and the header written last, under the undo journal, so
 * that a kill leaves the old WIM or the new one.
 */
#pragma once

#include "common/image/image.h"

struct image_property {
	const char *name; /* "DESCRIPTION", "WINDOWS/VERSION/BUILD" */
	const char *value;
};

struct image_settings {
	const char *image; /* name or index; NULL: the only one. Needed for properties */
	const struct image_property *properties;
	size_t n_properties;
	bool set_boot;
	unsigned boot_index; /* 0: none */
	bool check;    /* add an integrity table where there is none */
	bool no_check; /* take it away */
};

struct image_set_result {
	unsigned index; /* of the image; 0 when no property was set */
	bool changed;   /* false: it said all that already */
	unsigned boot_index;
};

/* ERR_USAGE when name is no path of element names or is counted, or value cannot be in XML. */
int image_property_check(const struct image_property *property, struct err *err);

int image_set(const char *path, const struct image_settings *settings, struct image_set_result *ret, struct err *err);
