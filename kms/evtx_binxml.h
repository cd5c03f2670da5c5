/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BinXML, the form in which an .evtx file keeps events. Names and templates are
 * shared by the records of a chunk, so all offsets count from its start.
 *
 * binxml_walk goes through a run of tokens (a record, a template body, a value
 * of type BinXML) once and tells a visitor what it meets. It does not recurse;
 * elements deeper than BINXML_DEPTH_MAX end the walk with an error.
 *
 * A record is as a rule one template instance: binxml_instance reads where the
 * definition is and where each value lies.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"

#define BINXML_DEPTH_MAX 64
#define BINXML_VALUES_MAX 256 /* the richest template seen has about 60 */

enum binxml_type {
	BINXML_NULL = 0x00,
	BINXML_STRING = 0x01,
	BINXML_ANSI = 0x02,
	BINXML_U8 = 0x04,
	BINXML_U16 = 0x06,
	BINXML_U32 = 0x08,
	BINXML_U64 = 0x0a,
	BINXML_BINARY = 0x0e,
	BINXML_FILETIME = 0x11,
	BINXML_SYSTEMTIME = 0x12,
	BINXML_HEX32 = 0x14,
	BINXML_HEX64 = 0x15,
	BINXML_FRAGMENT = 0x21,
	BINXML_ARRAY = 0x80,
	BINXML_STRINGS = BINXML_ARRAY | BINXML_STRING,
};

struct binxml_value {
	uint8_t type;
	struct bytes data;
};

/* One place where a value of the instance is put in. */
struct binxml_hole {
	uint16_t index;
	uint8_t type;
};

struct binxml_instance {
	uint32_t definition; /* offset in the chunk */
	struct bytes body;   /* of the definition */
	size_t end;          /* offset in the chunk behind the values */
	size_t n_values;
	struct binxml_value values[BINXML_VALUES_MAX];
};

struct binxml_visitor {
	void *context;
	/* Names are UTF-16 without a NUL. */
	void (*open)(void *context, struct bytes name);
	void (*attribute)(void *context, struct bytes name);
	void (*content)(void *context); /* the attributes are over */
	void (*text)(void *context, struct bytes utf16);
	void (*hole)(void *context, struct binxml_hole hole);
	void (*instance)(void *context, size_t at);
	void (*close)(void *context);
};

/* Walks chunk[at, end). dependency_ids is false only in a value of type BinXML that has no template. */
int binxml_walk(struct bytes chunk, size_t at, size_t end, bool dependency_ids, const struct binxml_visitor *visitor,
		struct err *err);

/* Offset of the instance token in chunk[at, end) when the run begins with one (a header may stand before it). */
bool binxml_find_instance(struct bytes chunk, size_t at, size_t end, size_t *ret);

/* Reads the instance token at the offset; ret->values is only set for n_values items. */
int binxml_instance(struct bytes chunk, size_t at, size_t end, struct binxml_instance *ret, struct err *err);
