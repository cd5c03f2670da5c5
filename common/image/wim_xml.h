/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The XML at the end of a WIM: what the images say about themselves. Read by
 * libxml2 without network, entities or DTD; changed on the text itself, so
 * that all that is not changed keeps its bytes.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"
#include "common/base/vec.h"
#include "common/image/image.h"

#define WIM_XML_MAX (32u << 20) /* 30 kB is usual */

enum wim_xml_encoding {
	WIM_XML_UTF16_BOM, /* as the format wants it */
	WIM_XML_UTF16,
	WIM_XML_UTF8_BOM,
	WIM_XML_UTF8,
};

/* Of the element of an image in the text. */
struct wim_xml_place {
	unsigned index;
	size_t begin, end;
};

struct wim_xml {
	struct strbuf text; /* UTF-8 without BOM */
	enum wim_xml_encoding encoding;
	uint64_t total_bytes; /* of the file, as the XML has it */
	struct image_info *images; /* texts are owned by this */
	size_t n;
	VEC(struct wim_xml_place) places;
};

int wim_xml_parse(struct bytes raw, struct wim_xml *ret, struct err *err);
void wim_xml_release(struct wim_xml *xml);

/* NULL when no IMAGE element has that index. */
const struct image_info *wim_xml_image(const struct wim_xml *xml, unsigned index);

/*
 * Sets the text of WIM/NAME (index 0) or WIM/IMAGE[INDEX]/NAME, NAME being a
 * path of element names ("LASTMODIFICATIONTIME/LOWPART", "WINDOWS/LANGUAGES/LANGUAGE[2]"). An element that is not
 * there is added when add is true, otherwise left out. One that gets no text ("") is taken away.
 */
int wim_xml_set(struct strbuf *text, unsigned index, const char *name, const char *value, bool add, struct err *err);

/* For wim_xml_parse: fills places. */
void wim_xml_find_places(struct wim_xml *xml);

/* Appends the whole element of an image, <IMAGE INDEX="..">...</IMAGE>. */
int wim_xml_take_image(const struct wim_xml *xml, unsigned index, struct strbuf *ret, struct err *err);

/* Takes the elements of all images out. */
int wim_xml_drop_images(struct strbuf *text, struct err *err);

/* Adds an element as wim_xml_take_image gives it, with another INDEX, behind the other images. */
int wim_xml_add_image(struct strbuf *text, const char *element, unsigned index, struct err *err);

/* The same for many images: each is appended to ret with its INDEX, then all are added to the text at once. */
int wim_xml_number_image(const char *element, unsigned index, struct strbuf *ret, struct err *err);
int wim_xml_add_images(struct strbuf *text, const struct strbuf *images, struct err *err);

/* Changes the text of NAME (as in wim_xml_set) in an element that stands alone; value NULL takes it away. */
int wim_xml_set_in_image(struct strbuf *element, const char *name, const char *value, struct err *err);

/* The text in the encoding that it had in the file. */
int wim_xml_encode(const struct strbuf *text, enum wim_xml_encoding encoding, struct strbuf *ret, struct err *err);
