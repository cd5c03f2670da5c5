/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/binxml_writer.h"

#include <assert.h>
#include <string.h>

#include "common/base/bytes.h"

#define NAMESPACE "http://schemas.microsoft.com/win/2004/08/events/event"
#define NO_DEPENDENCY 0xffff

enum token {
	TOKEN_EOF = 0x00,
	TOKEN_OPEN = 0x01,
	TOKEN_OPEN_WITH_ATTRIBUTES = 0x41,
	TOKEN_CLOSE_OPEN = 0x02,
	TOKEN_CLOSE_EMPTY = 0x03,
	TOKEN_END = 0x04,
	TOKEN_VALUE = 0x05,
	TOKEN_ATTRIBUTE = 0x06,
	TOKEN_ATTRIBUTE_MORE = 0x46,
	TOKEN_OPTIONAL_SUBSTITUTION = 0x0e,
};

enum value_type {
	VALUE_STRING = 0x01,
	VALUE_U8 = 0x04,
	VALUE_U16 = 0x06,
	VALUE_U32 = 0x08,
	VALUE_U64 = 0x0a,
	VALUE_BINARY = 0x0e,
	VALUE_GUID = 0x0f,
	VALUE_FILETIME = 0x11,
	VALUE_SID = 0x13,
	VALUE_HEX64 = 0x15,
	VALUE_FRAGMENT = 0x21,
	VALUE_STRINGS = 0x81,
};

/* A constant text, or a substitution when text is NULL. */
struct part {
	const char *text;
	unsigned id;
	enum value_type type;
};

struct attribute {
	const char *name; /* NULL ends a list */
	struct part value;
};

struct body {
	struct strbuf *out;
	size_t start; /* of the body in out */
	uint32_t base;
	struct binxml_names *names;
};

#define TEXT(t) { .text = (t) }
#define SUB(i, t) { .id = (i), .type = (t) }

static void add8(struct body *b, unsigned v)
{
	strbuf_addc(b->out, (char)(unsigned char)v);
}

static void add16(struct body *b, unsigned v)
{
	uint8_t raw[2];

	store_le16(raw, (uint16_t)v);
	strbuf_add(b->out, raw, sizeof raw);
}

static void add32(struct body *b, uint32_t v)
{
	uint8_t raw[4];

	store_le32(raw, v);
	strbuf_add(b->out, raw, sizeof raw);
}

static void add_ascii(struct body *b, const char *text)
{
	for (; *text; text++)
		add16(b, (unsigned char)*text);
}

static uint32_t position(const struct body *b)
{
	return b->base + (uint32_t)(b->out->len - b->start);
}

/* Leaves room for a size that counts from behind itself. */
static size_t size_begin(struct body *b)
{
	add32(b, 0);
	return b->out->len;
}

static void size_end(struct body *b, size_t from)
{
	store_le32((uint8_t *)b->out->data + from - 4, (uint32_t)(b->out->len - from));
}

static uint16_t name_hash(const char *text)
{
	uint32_t hash = 0;

	for (; *text; text++)
		hash = hash * 65599 + (unsigned char)*text;
	return (uint16_t)hash;
}

static void add_name(struct body *b, const char *text)
{
	struct binxml_names *names = b->names;
	struct binxml_name *name;

	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->items[i].text, text) == 0) {
			add32(b, names->items[i].at);
			return;
		}
	}
	assert(names->n < BINXML_NAMES_MAX);
	name = &names->items[names->n++];
	*name = (struct binxml_name){ .text = text, .at = position(b) + 4, .hash = name_hash(text) };
	add32(b, name->at);
	add32(b, 0); /* next, set when the chunk is closed */
	add16(b, name->hash);
	add16(b, (unsigned)strlen(text));
	add_ascii(b, text);
	add16(b, 0);
}

static void add_part(struct body *b, const struct part *part)
{
	if (!part->text) {
		add8(b, TOKEN_OPTIONAL_SUBSTITUTION);
		add16(b, part->id);
		add8(b, part->type);
		return;
	}
	add8(b, TOKEN_VALUE);
	add8(b, VALUE_STRING);
	add16(b, (unsigned)strlen(part->text));
	add_ascii(b, part->text);
}

static void add_attributes(struct body *b, const struct attribute *list)
{
	size_t size = size_begin(b);

	for (; list->name; list++) {
		add8(b, list[1].name ? TOKEN_ATTRIBUTE_MORE : TOKEN_ATTRIBUTE);
		add_name(b, list->name);
		add_part(b, &list->value);
	}
	size_end(b, size);
}

/* Everything of an element in front of its content; the result goes to element_end. */
static size_t element_begin(struct body *b, const char *name, const struct attribute *attributes, unsigned dependency)
{
	size_t size;

	add8(b, attributes ? TOKEN_OPEN_WITH_ATTRIBUTES : TOKEN_OPEN);
	add16(b, dependency);
	size = size_begin(b);
	add_name(b, name);
	if (attributes)
		add_attributes(b, attributes);
	return size;
}

static void element_end(struct body *b, size_t size, enum token token)
{
	add8(b, token);
	size_end(b, size);
}

static void add_empty(struct body *b, const char *name, const struct attribute *attributes)
{
	element_end(b, element_begin(b, name, attributes, NO_DEPENDENCY), TOKEN_CLOSE_EMPTY);
}

static void add_simple(struct body *b, const char *name, const struct attribute *attributes, struct part content,
		       unsigned dependency)
{
	size_t size = element_begin(b, name, attributes, dependency);

	add8(b, TOKEN_CLOSE_OPEN);
	add_part(b, &content);
	element_end(b, size, TOKEN_END);
}

static void add_value(struct body *b, const char *name, unsigned id, enum value_type type)
{
	add_simple(b, name, NULL, (struct part)SUB(id, type), id);
}

static void add_fragment_head(struct body *b)
{
	strbuf_add(b->out, "\x0f\x01\x01\x00", 4);
}

static void add_system_elements(struct body *b, const struct evtx_source *source, const char *computer)
{
	const struct attribute provider[] = { { "Name", TEXT(source->provider) },
					      { "Guid", TEXT(source->guid) },
					      { "EventSourceName", TEXT(source->event_source) },
					      { 0 } };
	static const struct attribute qualifiers[] = { { "Qualifiers", SUB(4, VALUE_U16) }, { 0 } };
	static const struct attribute created[] = { { "SystemTime", SUB(6, VALUE_FILETIME) }, { 0 } };
	static const struct attribute correlation[] = { { "ActivityID", SUB(7, VALUE_GUID) },
							{ "RelatedActivityID", SUB(18, VALUE_GUID) },
							{ 0 } };
	static const struct attribute execution[] = { { "ProcessID", SUB(8, VALUE_U32) },
						      { "ThreadID", SUB(9, VALUE_U32) },
						      { 0 } };
	static const struct attribute security[] = { { "UserID", SUB(12, VALUE_SID) }, { 0 } };

	add_empty(b, "Provider", provider);
	add_simple(b, "EventID", qualifiers, (struct part)SUB(3, VALUE_U16), NO_DEPENDENCY);
	add_value(b, "Version", 11, VALUE_U8);
	add_value(b, "Level", 0, VALUE_U8);
	add_value(b, "Task", 2, VALUE_U16);
	add_value(b, "Opcode", 1, VALUE_U8);
	add_value(b, "Keywords", 5, VALUE_HEX64);
	add_empty(b, "TimeCreated", created);
	add_value(b, "EventRecordID", 10, VALUE_U64);
	add_empty(b, "Correlation", correlation);
	add_empty(b, "Execution", execution);
	add_simple(b, "Channel", NULL, (struct part)TEXT(source->channel), NO_DEPENDENCY);
	add_simple(b, "Computer", NULL, (struct part)TEXT(computer), NO_DEPENDENCY);
	add_empty(b, "Security", security);
}

void binxml_system(struct strbuf *ret, uint32_t base, struct binxml_names *names, const struct evtx_source *source,
		   const char *computer)
{
	static const struct attribute xmlns[] = { { "xmlns", TEXT(NAMESPACE) }, { 0 } };
	static const struct part event_data = SUB(19, VALUE_FRAGMENT);
	struct body b = { .out = ret, .start = ret->len, .base = base, .names = names };
	size_t event, system;

	add_fragment_head(&b);
	event = element_begin(&b, "Event", xmlns, NO_DEPENDENCY);
	add8(&b, TOKEN_CLOSE_OPEN);
	system = element_begin(&b, "System", NULL, NO_DEPENDENCY);
	add8(&b, TOKEN_CLOSE_OPEN);
	add_system_elements(&b, source, computer);
	element_end(&b, system, TOKEN_END);
	add_part(&b, &event_data);
	element_end(&b, event, TOKEN_END);
	add8(&b, TOKEN_EOF);
}

void binxml_event_data(struct strbuf *ret, uint32_t base, struct binxml_names *names)
{
	struct body b = { .out = ret, .start = ret->len, .base = base, .names = names };
	size_t data;

	add_fragment_head(&b);
	data = element_begin(&b, "EventData", NULL, NO_DEPENDENCY);
	add8(&b, TOKEN_CLOSE_OPEN);
	add_value(&b, "Data", 0, VALUE_STRINGS);
	add_value(&b, "Binary", 2, VALUE_BINARY);
	element_end(&b, data, TOKEN_END);
	add8(&b, TOKEN_EOF);
}
