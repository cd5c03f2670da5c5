/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx_plan.h"

enum element {
	ELEMENT_OTHER,
	ELEMENT_EVENT,
	ELEMENT_SYSTEM,
	ELEMENT_PROVIDER,
	ELEMENT_EVENT_ID,
	ELEMENT_TIME_CREATED,
	ELEMENT_RECORD_ID,
	ELEMENT_CHANNEL,
	ELEMENT_COMPUTER,
	ELEMENT_EVENT_DATA,
	ELEMENT_DATA,
	ELEMENT_BINARY,
	ELEMENT_LOG_CLEARED,
	ELEMENT_SUBJECT,
};

static const struct {
	const char *name;
	enum element element;
} elements[] = {
	{ "Event", ELEMENT_EVENT },
	{ "System", ELEMENT_SYSTEM },
	{ "Provider", ELEMENT_PROVIDER },
	{ "EventID", ELEMENT_EVENT_ID },
	{ "TimeCreated", ELEMENT_TIME_CREATED },
	{ "EventRecordID", ELEMENT_RECORD_ID },
	{ "Channel", ELEMENT_CHANNEL },
	{ "Computer", ELEMENT_COMPUTER },
	{ "EventData", ELEMENT_EVENT_DATA },
	{ "Data", ELEMENT_DATA },
	{ "Binary", ELEMENT_BINARY },
	{ "LogFileCleared", ELEMENT_LOG_CLEARED },
	{ "SubjectUserName", ELEMENT_SUBJECT },
	{ "SubjectDomainName", ELEMENT_SUBJECT },
};

enum { NO_FIELD = -1, DATA_FIELD = -2 };

struct making {
	struct evtx_plan *plan;
	enum element path[BINXML_DEPTH_MAX];
	unsigned depth;
	bool in_attribute;
	int attribute_field;
};

static bool name_is(struct bytes utf16, const char *ascii)
{
	size_t len = strlen(ascii);

	if (utf16.len != len * 2)
		return false;
	for (size_t i = 0; i < len; i++)
		if (load_le16(utf16.data + 2 * i) != (uint8_t)ascii[i])
			return false;
	return true;
}

static enum element element_of(struct bytes name)
{
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
		if (name_is(name, elements[i].name))
			return elements[i].element;
	return ELEMENT_OTHER;
}

static void on_open(void *context, struct bytes name)
{
	struct making *m = context;

	m->path[m->depth++] = element_of(name);
	m->in_attribute = false;
}

static void on_close(void *context)
{
	struct making *m = context;

	m->depth--;
	m->in_attribute = false;
}

static void on_content(void *context)
{
	struct making *m = context;

	m->in_attribute = false;
}

static enum element here(const struct making *m)
{
	return m->depth ? m->path[m->depth - 1] : ELEMENT_OTHER;
}

static enum element parent(const struct making *m)
{
	return m->depth > 1 ? m->path[m->depth - 2] : ELEMENT_OTHER;
}

static void on_attribute(void *context, struct bytes name)
{
	struct making *m = context;

	m->in_attribute = true;
	m->attribute_field = NO_FIELD;
	if (here(m) == ELEMENT_PROVIDER && name_is(name, "Name"))
		m->attribute_field = PLAN_PROVIDER;
	else if (here(m) == ELEMENT_PROVIDER && name_is(name, "EventSourceName"))
		m->attribute_field = PLAN_EVENT_SOURCE;
	else if (here(m) == ELEMENT_TIME_CREATED && name_is(name, "SystemTime"))
		m->attribute_field = PLAN_TIME;
}

static int field_here(const struct making *m)
{
	if (m->in_attribute)
		return m->attribute_field;
	if (parent(m) == ELEMENT_EVENT_DATA)
		return here(m) == ELEMENT_DATA ? DATA_FIELD : here(m) == ELEMENT_BINARY ? PLAN_BINARY : NO_FIELD;
	if (parent(m) == ELEMENT_LOG_CLEARED) /* of event 104, below UserData: user, domain, log */
		return here(m) == ELEMENT_SUBJECT || here(m) == ELEMENT_CHANNEL ? DATA_FIELD : NO_FIELD;
	if (parent(m) != ELEMENT_SYSTEM)
		return NO_FIELD;
	switch (here(m)) {
	case ELEMENT_EVENT_ID:
		return PLAN_EVENT_ID;
	case ELEMENT_RECORD_ID:
		return PLAN_RECORD_ID;
	case ELEMENT_CHANNEL:
		return PLAN_CHANNEL;
	case ELEMENT_COMPUTER:
		return PLAN_COMPUTER;
	default:
		return NO_FIELD;
	}
}

static void put(struct making *m, int name, struct plan_field field)
{
	struct evtx_plan *plan = m->plan;

	if (name == DATA_FIELD) {
		if (plan->n_data < PLAN_DATA_MAX)
			plan->data[plan->n_data++] = field;
	} else if (name >= 0 && plan->fields[name].source == PLAN_NOTHING) {
		plan->fields[name] = field;
	}
}

static void on_text(void *context, struct bytes utf16)
{
	struct making *m = context;

	put(m, field_here(m), (struct plan_field){ .source = PLAN_LITERAL, .literal = utf16 });
}

static void on_hole(void *context, struct binxml_hole hole)
{
	struct making *m = context;
	int name = field_here(m);

	if (!m->in_attribute && hole.type == BINXML_FRAGMENT && name == NO_FIELD)
		name = PLAN_NESTED;
	put(m, name, (struct plan_field){ .source = PLAN_HOLE, .hole = hole });
}

static void on_instance(void *context, size_t at)
{
	struct making *m = context;

	if (!m->plan->has_instance) {
		m->plan->has_instance = true;
		m->plan->instance = at;
	}
}

int evtx_plan_make(struct bytes chunk, size_t at, size_t end, bool dependency_ids, struct evtx_plan *ret,
		   struct err *err)
{
	struct making m = { .plan = ret };
	struct binxml_visitor visitor = {
		.context = &m, .open = on_open,
		.attribute = on_attribute, .content = on_content, .text = on_text, .hole = on_hole,
		.instance = on_instance, .close = on_close,
	};

	memset(ret, 0, sizeof(*ret));
	return binxml_walk(chunk, at, end, dependency_ids, &visitor, err);
}
