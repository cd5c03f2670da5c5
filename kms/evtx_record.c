/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the fields of a record through the plan of its template. */
#include "kms/evtx_chunk.h"
#include "kms/text_scan.h"

struct reading {
	struct evtx_chunk *chunk;
	struct evtx_fields *to;
	struct err *err;
};

static const struct evtx_plan *plan_of(struct evtx_chunk *chunk, const struct binxml_instance *instance,
				       struct err *err)
{
	struct evtx_plan_slot *slot = &chunk->plans[(instance->definition >> 3) * 2654435761U >> 27];
	size_t begin = (size_t)(instance->body.offset - chunk->bytes.offset);

	if (!slot->used || slot->definition != instance->definition) {
		slot->used = true;
		slot->definition = instance->definition;
		slot->good = evtx_plan_make(chunk->bytes, begin, begin + instance->body.len, true, &slot->plan, err) ==
			     0;
	} else if (!slot->good) {
		err_set(err, ERR_FORMAT, "the template cannot be read");
	}
	return slot->good ? &slot->plan : NULL;
}

static bool value_of(const struct plan_field *field, const struct binxml_instance *instance, struct binxml_value *ret)
{
	switch (field->source) {
	case PLAN_LITERAL:
		*ret = (struct binxml_value){ BINXML_STRING, field->literal };
		return true;
	case PLAN_HOLE:
		if (!instance || field->hole.index >= instance->n_values)
			return false;
		*ret = instance->values[field->hole.index];
		return ret->type != BINXML_NULL;
	case PLAN_NOTHING:
		break;
	}
	return false;
}

static bool decimal(struct bytes utf16, uint64_t *ret)
{
	uint64_t value = 0;

	if (utf16.len == 0 || utf16.len > 38)
		return false;
	for (size_t i = 0; i + 1 < utf16.len; i += 2) {
		uint16_t unit = load_le16(utf16.data + i);

		if (unit < '0' || unit > '9')
			return false;
		value = value * 10 + (uint64_t)(unit - '0');
	}
	*ret = value;
	return true;
}

static bool number_of(const struct plan_field *field, const struct binxml_instance *instance, uint64_t *ret)
{
	struct binxml_value value;

	if (!value_of(field, instance, &value))
		return false;
	if (value.type == BINXML_STRING)
		return decimal(value.data, ret);
	switch (value.data.len) {
	case 1:
		*ret = bytes_u8(value.data, 0);
		return true;
	case 2:
		*ret = bytes_le16(value.data, 0);
		return true;
	case 4:
		*ret = bytes_le32(value.data, 0);
		return true;
	case 8:
		*ret = bytes_le64(value.data, 0);
		return true;
	default:
		return false;
	}
}

static struct bytes text_of(const struct plan_field *field, const struct binxml_instance *instance)
{
	struct binxml_value value;

	if (value_of(field, instance, &value) && value.type == BINXML_STRING)
		return value.data;
	return (struct bytes){ 0 };
}

static void add_string(struct evtx_fields *to, struct bytes utf16)
{
	if (to->n_strings < EVTX_STRINGS_MAX)
		to->strings[to->n_strings++] = utf16;
}

/* Strings of an array end with a NUL each; the last may lack it. */
static void add_strings(struct evtx_fields *to, struct bytes array)
{
	size_t len = array.len & ~(size_t)1;
	struct bytes one;

	for (size_t at = 0; at < len && to->n_strings < EVTX_STRINGS_MAX;) {
		size_t end = utf16_find_nul(array.data, at, len);

		if (bytes_slice(array, at, end - at, &one))
			add_string(to, one);
		at = end + 2;
	}
}

static void read_data(const struct evtx_plan *plan, const struct binxml_instance *instance, struct evtx_fields *to)
{
	struct binxml_value value;

	for (size_t i = 0; i < plan->n_data; i++) {
		if (!value_of(&plan->data[i], instance, &value))
			continue;
		if (value.type == BINXML_STRINGS)
			add_strings(to, value.data);
		else if (value.type == BINXML_STRING)
			add_string(to, value.data);
	}
	if (value_of(&plan->fields[PLAN_BINARY], instance, &value) && value.type == BINXML_BINARY)
		to->binary_len = value.data.len;
}

static void read_system(const struct evtx_plan *plan, const struct binxml_instance *instance, struct evtx_fields *to)
{
	struct binxml_value time;
	uint64_t number;

	if (number_of(&plan->fields[PLAN_EVENT_ID], instance, &number)) {
		to->has_event_id = true;
		to->event_id = (uint32_t)number & 0xffff;
	}
	to->has_record_id = number_of(&plan->fields[PLAN_RECORD_ID], instance, &to->record_id);
	if (value_of(&plan->fields[PLAN_TIME], instance, &time) && time.type == BINXML_FILETIME && time.data.len == 8) {
		to->has_created = true;
		to->created = bytes_le64(time.data, 0);
	}
	to->provider = text_of(&plan->fields[PLAN_PROVIDER], instance);
	to->source = text_of(&plan->fields[PLAN_EVENT_SOURCE], instance);
	to->channel = text_of(&plan->fields[PLAN_CHANNEL], instance);
	to->computer = text_of(&plan->fields[PLAN_COMPUTER], instance);
}

/* Runs that have no template hold their texts themselves: the plan is made for this one record. */
static int plain_plan(const struct reading *r, size_t at, size_t end, struct evtx_plan *ret)
{
	if (evtx_plan_make(r->chunk->bytes, at, end, true, ret, r->err) == 0)
		return 0;
	return evtx_plan_make(r->chunk->bytes, at, end, false, ret, r->err);
}

static int read_nested(const struct reading *r, size_t at, size_t end)
{
	struct binxml_instance instance;
	struct evtx_plan plain;
	const struct evtx_plan *plan;
	size_t start;

	if (!binxml_find_instance(r->chunk->bytes, at, end, &start)) {
		if (plain_plan(r, at, end, &plain) < 0)
			return -1;
		read_data(&plain, NULL, r->to);
		return 0;
	}
	if (binxml_instance(r->chunk->bytes, start, end, &instance, r->err) < 0)
		return -1;
	plan = plan_of(r->chunk, &instance, r->err);
	if (!plan)
		return -1;
	read_data(plan, &instance, r->to);
	return 0;
}

static int read_with(const struct reading *r, const struct evtx_plan *plan, const struct binxml_instance *instance)
{
	struct binxml_value nested;
	size_t at;

	read_system(plan, instance, r->to);
	read_data(plan, instance, r->to);
	if (!value_of(&plan->fields[PLAN_NESTED], instance, &nested) || nested.type != BINXML_FRAGMENT)
		return 0;
	at = (size_t)(nested.data.offset - r->chunk->bytes.offset);
	return read_nested(r, at, at + nested.data.len);
}

int evtx_record_fields(const struct evtx_record *record, struct evtx_fields *ret, struct err *err)
{
	struct reading r = { record->chunk, ret, err };
	struct bytes chunk = record->chunk->bytes;
	struct binxml_instance instance;
	struct evtx_plan plain;
	const struct evtx_plan *plan;
	size_t start;

	/* Not the strings: they are only read as far as they are set. */
	memset(ret, 0, offsetof(struct evtx_fields, strings));
	ret->binary_len = 0;
	if (!binxml_find_instance(chunk, record->at, record->end, &start)) {
		if (record->at >= record->end)
			return err_at(err, ERR_FORMAT, record->offset, "the record is empty");
		if (plain_plan(&r, record->at, record->end, &plain) < 0)
			return -1;
		if (plain.has_instance)
			return err_at(err, ERR_UNSUPPORTED, record->offset, "a template stands inside an element");
		return read_with(&r, &plain, NULL);
	}
	if (binxml_instance(chunk, start, record->end, &instance, err) < 0)
		return -1;
	plan = plan_of(record->chunk, &instance, err);
	return plan ? read_with(&r, plan, &instance) : -1;
}
