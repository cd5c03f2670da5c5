/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx_binxml.h"

enum token {
	TOKEN_EOF = 0x00,
	TOKEN_OPEN = 0x01,
	TOKEN_CLOSE_START = 0x02,
	TOKEN_CLOSE_EMPTY = 0x03,
	TOKEN_END = 0x04,
	TOKEN_TEXT = 0x05,
	TOKEN_ATTRIBUTE = 0x06,
	TOKEN_CDATA = 0x07,
	TOKEN_CHAR = 0x08,
	TOKEN_ENTITY = 0x09,
	TOKEN_PI_TARGET = 0x0a,
	TOKEN_PI_DATA = 0x0b,
	TOKEN_INSTANCE = 0x0c,
	TOKEN_HOLE = 0x0d,
	TOKEN_OPTIONAL_HOLE = 0x0e,
	TOKEN_HEADER = 0x0f,
	TOKEN_MORE = 0x40, /* flag: another of its kind follows; on an open element: it has attributes */
};

enum {
	HEADER_LEN = 4,           /* token, major, minor, flags */
	NAME_HEADER_LEN = 8,      /* u32 next in its bucket, u16 hash, u16 units */
	INSTANCE_LEN = 10,        /* token, 1, u32 id, u32 offset of the definition */
	DEFINITION_LEN = 24,      /* u32 next in its bucket, GUID, u32 size of the body */
	DEFINITION_SIZE = 20,
	DESCRIPTOR_LEN = 4,       /* u16 size, u8 type, u8 0 */
};

struct walk {
	struct bytes chunk;
	size_t at;
	size_t end;
	unsigned depth;
	bool dependency_ids;
	const struct binxml_visitor *to;
	struct err *err;
};

static int broken(const struct walk *w, const char *what)
{
	return err_at(w->err, ERR_FORMAT, w->chunk.offset + w->at, "%s", what);
}

static bool have(const struct walk *w, size_t len)
{
	return w->at <= w->end && len <= w->end - w->at;
}

static bool read_name(struct bytes chunk, uint32_t at, struct bytes *ret)
{
	if (!bytes_holds(chunk, at, NAME_HEADER_LEN))
		return false;
	return bytes_slice(chunk, (uint64_t)at + NAME_HEADER_LEN, (uint64_t)bytes_le16(chunk, at + 6) * 2, ret);
}

/* A name is referred to by its offset; at its first use it stands right here. */
static int take_name(struct walk *w, struct bytes *ret)
{
	uint32_t offset;

	if (!have(w, 4))
		return broken(w, "a name reference crosses the end");
	offset = bytes_le32(w->chunk, w->at);
	w->at += 4;
	if (!read_name(w->chunk, offset, ret))
		return broken(w, "a name lies outside the chunk");
	if (offset == w->at) {
		size_t len = NAME_HEADER_LEN + ret->len + 2;

		if (!have(w, len))
			return broken(w, "a name crosses the end");
		w->at += len;
	}
	return 0;
}

static int take_open(struct walk *w, uint8_t token)
{
	size_t head = 1 + (w->dependency_ids ? 2U : 0U) + 4;
	struct bytes name = { 0 };

	if (w->depth == BINXML_DEPTH_MAX)
		return broken(w, "elements are nested too deep");
	if (!have(w, head))
		return broken(w, "an element crosses the end");
	w->at += head;
	if (take_name(w, &name) < 0)
		return -1;
	if (token & TOKEN_MORE) {
		if (!have(w, 4))
			return broken(w, "an attribute list crosses the end");
		w->at += 4;
	}
	w->depth++;
	w->to->open(w->to->context, name);
	return 0;
}

static int take_close(struct walk *w)
{
	if (w->depth == 0)
		return broken(w, "an element ends that did not begin");
	w->at++;
	w->depth--;
	w->to->close(w->to->context);
	return 0;
}

static int take_attribute(struct walk *w)
{
	struct bytes name = { 0 };

	w->at++;
	if (take_name(w, &name) < 0)
		return -1;
	w->to->attribute(w->to->context, name);
	return 0;
}

/* A length in units at skip behind the token, then the units. */
static int take_units(struct walk *w, size_t skip, bool tell)
{
	struct bytes units = { 0 };
	size_t len;

	if (!have(w, skip + 2))
		return broken(w, "a text crosses the end");
	len = (size_t)bytes_le16(w->chunk, w->at + skip) * 2;
	w->at += skip + 2;
	if (!have(w, len) || !bytes_slice(w->chunk, w->at, len, &units))
		return broken(w, "a text crosses the end");
	w->at += len;
	if (tell)
		w->to->text(w->to->context, units);
	return 0;
}

static int take_char(struct walk *w)
{
	struct bytes unit = { 0 };

	if (!have(w, 3) || !bytes_slice(w->chunk, w->at + 1, 2, &unit))
		return broken(w, "a character reference crosses the end");
	w->at += 3;
	w->to->text(w->to->context, unit);
	return 0;
}

static int take_reference(struct walk *w)
{
	struct bytes name = { 0 };

	w->at++;
	return take_name(w, &name);
}

static int take_hole(struct walk *w)
{
	if (!have(w, 4))
		return broken(w, "a substitution crosses the end");
	w->to->hole(w->to->context,
		    (struct binxml_hole){ bytes_le16(w->chunk, w->at + 1), bytes_u8(w->chunk, w->at + 3) });
	w->at += 4;
	return 0;
}

/* Checks the instance at the offset; sets everything but the values. */
static int instance_end(struct bytes chunk, size_t at, size_t end, struct binxml_instance *ret, size_t *descriptors,
			uint32_t *count, struct err *err);

static int take_instance(struct walk *w)
{
	struct binxml_instance instance;
	size_t descriptors = 0;
	uint32_t count = 0;

	if (instance_end(w->chunk, w->at, w->end, &instance, &descriptors, &count, w->err) < 0)
		return -1;
	w->to->instance(w->to->context, w->at);
	w->at = instance.end;
	return 0;
}

static int take_token(struct walk *w, uint8_t token)
{
	switch (token & ~TOKEN_MORE) {
	case TOKEN_OPEN:
		return take_open(w, token);
	case TOKEN_CLOSE_START:
		w->at++;
		w->to->content(w->to->context);
		return 0;
	case TOKEN_CLOSE_EMPTY:
	case TOKEN_END:
		return take_close(w);
	case TOKEN_TEXT:
		return take_units(w, 2, true);
	case TOKEN_ATTRIBUTE:
		return take_attribute(w);
	case TOKEN_CDATA:
		return take_units(w, 1, true);
	case TOKEN_CHAR:
		return take_char(w);
	case TOKEN_ENTITY:
	case TOKEN_PI_TARGET:
		return take_reference(w);
	case TOKEN_PI_DATA:
		return take_units(w, 1, false);
	case TOKEN_INSTANCE:
		return take_instance(w);
	case TOKEN_HOLE:
	case TOKEN_OPTIONAL_HOLE:
		return take_hole(w);
	case TOKEN_HEADER:
		if (!have(w, HEADER_LEN))
			return broken(w, "a fragment header crosses the end");
		w->at += HEADER_LEN;
		return 0;
	default:
		return broken(w, "unknown BinXML token");
	}
}

int binxml_walk(struct bytes chunk, size_t at, size_t end, bool dependency_ids, const struct binxml_visitor *visitor,
		struct err *err)
{
	struct walk w = { .chunk = chunk, .at = at, .end = MIN(end, chunk.len), .dependency_ids = dependency_ids,
			  .to = visitor, .err = err };

	while (w.at < w.end) {
		uint8_t token = bytes_u8(chunk, w.at);

		if (token == TOKEN_EOF)
			break;
		if (take_token(&w, token) < 0)
			return -1;
	}
	return w.depth ? broken(&w, "an element does not end") : 0;
}

bool binxml_find_instance(struct bytes chunk, size_t at, size_t end, size_t *ret)
{
	end = MIN(end, chunk.len);
	if (at + HEADER_LEN < end && bytes_u8(chunk, at) == TOKEN_HEADER)
		at += HEADER_LEN;
	if (at >= end || bytes_u8(chunk, at) != TOKEN_INSTANCE)
		return false;
	*ret = at;
	return true;
}

static int bad_instance(struct bytes chunk, size_t at, const char *what, struct err *err)
{
	return err_at(err, ERR_FORMAT, chunk.offset + at, "%s", what);
}

/* Sets definition and body; *at moves behind a definition that stands here. */
static int read_definition(struct bytes chunk, size_t *at, size_t end, struct binxml_instance *ret, struct err *err)
{
	uint32_t size;

	ret->definition = bytes_le32(chunk, *at + 6);
	*at += INSTANCE_LEN;
	if (!bytes_holds(chunk, ret->definition, DEFINITION_LEN))
		return bad_instance(chunk, *at, "a template definition lies outside the chunk", err);
	size = bytes_le32(chunk, ret->definition + DEFINITION_SIZE);
	if (!bytes_slice(chunk, (uint64_t)ret->definition + DEFINITION_LEN, size, &ret->body))
		return bad_instance(chunk, ret->definition, "a template definition crosses the end of the chunk", err);
	if (ret->definition == *at) {
		if (size + (uint64_t)DEFINITION_LEN > end - *at)
			return bad_instance(chunk, *at, "a template definition crosses the end of its record", err);
		*at += DEFINITION_LEN + size;
	}
	return 0;
}

static int instance_end(struct bytes chunk, size_t at, size_t end, struct binxml_instance *ret, size_t *descriptors,
			uint32_t *count, struct err *err)
{
	uint64_t total = 0;

	end = MIN(end, chunk.len);
	if (at > end || end - at < INSTANCE_LEN)
		return bad_instance(chunk, MIN(at, chunk.len), "a template instance crosses the end", err);
	if (read_definition(chunk, &at, end, ret, err) < 0)
		return -1;
	if (end - at < 4)
		return bad_instance(chunk, at, "the number of values crosses the end", err);
	*count = bytes_le32(chunk, at);
	at += 4;
	if (*count > (end - at) / DESCRIPTOR_LEN)
		return bad_instance(chunk, at - 4, "more values than the record can hold", err);
	*descriptors = at;
	at += (size_t)*count * DESCRIPTOR_LEN;
	for (uint32_t i = 0; i < *count; i++)
		total += bytes_le16(chunk, *descriptors + (size_t)i * DESCRIPTOR_LEN);
	if (total > end - at)
		return bad_instance(chunk, *descriptors, "the values cross the end of the record", err);
	ret->end = at + (size_t)total;
	return 0;
}

int binxml_instance(struct bytes chunk, size_t at, size_t end, struct binxml_instance *ret, struct err *err)
{
	size_t descriptors = 0, data;
	uint32_t count = 0;

	if (instance_end(chunk, at, end, ret, &descriptors, &count, err) < 0)
		return -1;
	data = descriptors + (size_t)count * DESCRIPTOR_LEN;
	ret->n_values = MIN(count, (uint32_t)BINXML_VALUES_MAX);
	for (size_t i = 0; i < ret->n_values; i++) {
		const uint8_t *descriptor = chunk.data + descriptors + i * DESCRIPTOR_LEN;
		size_t len = load_le16(descriptor);

		ret->values[i] = (struct binxml_value){
			.type = descriptor[2],
			.data = { .data = chunk.data + data, .len = len, .offset = chunk.offset + data },
		};
		data += len;
	}
	return 0;
}
