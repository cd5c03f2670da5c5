/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/compare.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/node_text.h"
#include "sysprep-lite/plan.h"

#define NIC_KIND "nic-guids"
#define SID_KIND "machine-sid"
#define SID_TAIL_LEN 12 /* the three numbers of a machine SID end the value V */
#define ID_BYTES_MAX 256 /* a longer value is no identifier */

enum compare_rule {
	RULE_NIC,
	RULE_SID,
	RULE_OTHER,
	N_RULES,
};

static const struct rule_meta rules[N_RULES] = {
	[RULE_NIC] = {
		.id = "shared-nic-guid", .severity = SEVERITY_ERROR,
		.summary = "two machines have a network adapter of one GUID",
		.why = "validation and creation of a failover cluster fail with 'An item with the same key has "
		       "already been added'",
		.advice = "sysprep-lite generalize one of the images; on a running node remove the adapter in the "
			  "Device Manager and scan for hardware changes",
		.source = "measured on clones",
	},
	[RULE_SID] = {
		.id = "shared-machine-sid", .severity = SEVERITY_ERROR,
		.summary = "two machines have one machine SID",
		.why = "since the updates of August 2025 Windows 11 24H2, Server 2025 and later refuse to log on "
		       "between them (LsaSrv event 6167)",
		.advice = "only sysprep /generalize inside Windows makes a new SID",
		.source = "KB5068222, MC1275343",
	},
	[RULE_OTHER] = {
		.id = "shared-identity", .severity = SEVERITY_WARNING,
		.summary = "two machines have one identifier",
		.why = "servers and services take them for one machine",
		.advice = "sysprep-lite generalize one of the images",
	},
};

const struct rule_meta *compare_rule_at(size_t i)
{
	return i < N_RULES ? &rules[i] : NULL;
}

struct identity {
	char *kind; /* of an operation, or SID_KIND */
	char *id;
	size_t owner;
};

struct compare {
	VEC(char *) owners;
	VEC(struct identity) identities;
};

struct compare *compare_new(void)
{
	return xcalloc(1, sizeof(struct compare));
}

void compare_freep(struct compare **compare)
{
	struct compare *c = *compare;

	*compare = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->owners.len; i++)
		free(c->owners.items[i]);
	for (size_t i = 0; i < c->identities.len; i++) {
		free(c->identities.items[i].kind);
		free(c->identities.items[i].id);
	}
	vec_release(&c->owners);
	vec_release(&c->identities);
	free(c);
}

static void add_owner(struct compare *compare, const char *name)
{
	*vec_add(&compare->owners) = xstrdup(name);
}

static void add(struct compare *compare, const char *kind, const char *id)
{
	*vec_add(&compare->identities) = (struct identity){
		.kind = xstrdup(kind), .id = xstrdup(id), .owner = compare->owners.len - 1,
	};
}

static void add_guid(struct compare *compare, const char *kind, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];

	add(compare, kind, guid_format(guid, GUID_BRACES | GUID_UPPER, text));
}

/* ---- images ---- */

/* Texts and bytes that identify the machine to somebody: not counters, addresses of servers, secrets. */
static bool is_identifier(const struct edit *edit)
{
	const char *category = edit->row->category;

	return edit->kind == EDIT_DELETE_VALUE && edit->hive != HIVE_FILE && !edit->row->secret && edit->old.data.len &&
	       edit->old.data.len <= ID_BYTES_MAX && strncasecmp(edit->name, "Server", 6) != 0 &&
	       (strcmp(category, "machine") == 0 || strcmp(category, "agent") == 0) &&
	       (edit->old.type == REGF_SZ || edit->old.type == REGF_BINARY);
}

static void add_value(struct compare *compare, const struct edit *edit)
{
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;

	strbuf_addf(&id, "%s ", edit->name);
	if (edit->old.type == REGF_SZ)
		utf16le_z_to_text(bytes_of(edit->old.data.data, edit->old.data.len), &id);
	else
		for (size_t i = 0; i < edit->old.data.len; i++)
			strbuf_addf(&id, "%02x", (uint8_t)edit->old.data.data[i]);
	add(compare, edit->row->id, strbuf_text(&id));
}

static int add_sid(struct compare *compare, struct winroot *root, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(freep) char *text = NULL;
	struct regf *sam;
	regf_key key;
	regf_value value;
	const uint8_t *tail;

	if (winroot_hive(root, HIVE_SAM, &sam, err) < 0)
		return -1;
	key = sam ? regf_find(sam, regf_root(sam), "SAM\\Domains\\Account") : 0;
	value = key ? regf_value_find(sam, key, "V") : 0;
	if (!value)
		return 0;
	if (regf_value_data(sam, value, &data, err) < 0)
		return -1;
	if (data.len < SID_TAIL_LEN)
		return 0;
	tail = (const uint8_t *)data.data + data.len - SID_TAIL_LEN;
	text = xasprintf("S-1-5-21-%u-%u-%u", load_le32(tail), load_le32(tail + 4), load_le32(tail + 8));
	add(compare, SID_KIND, text);
	return 0;
}

static int any_key(void *context UNUSED, struct regf *hive UNUSED, regf_key key UNUSED, const char *path UNUSED)
{
	return 1;
}

/* Those that sysprep-lite made: copies of a treated image share them. */
static int add_fresh(struct compare *compare, struct winroot *root, const struct marker *marker, struct err *err)
{
	struct regf *system;

	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0)
		return -1;
	for (size_t i = 0; i < marker->fresh.len; i++) {
		char text[GUID_BRACED_LEN + 1];
		CLEANUP(freep) char *key = xasprintf("ControlSet*\\Services\\Tcpip\\Parameters\\Interfaces\\%s",
						     guid_format(&marker->fresh.items[i], GUID_BRACES, text));
		bool is_nic = hive_match(system, key, any_key, NULL) != 0;

		add_guid(compare, is_nic ? NIC_KIND : "made-by-sysprep-lite", &marker->fresh.items[i]);
	}
	return 0;
}

int compare_add_image(struct compare *compare, struct winroot *root, struct err *err)
{
	struct plan_options options = { .optional_too = true, .rearm = REARM_NONE };
	CLEANUP(plan_freep) struct plan *plan = plan_build(root, &options, err);

	if (!plan)
		return -1;
	add_owner(compare, target_name(winroot_target(root)));
	for (size_t i = 0; i < plan->guids.len; i++)
		add_guid(compare, plan->guids.items[i].row->id, &plan->guids.items[i].from);
	for (size_t i = 0; i < plan->edits.len; i++)
		if (is_identifier(&plan->edits.items[i]))
			add_value(compare, &plan->edits.items[i]);
	return add_fresh(compare, root, &plan->marker, err) < 0 ? -1 : add_sid(compare, root, err);
}

/* ---- nodes ---- */

struct node_file {
	struct compare *compare;
	const char *name;
	size_t first; /* owners before are of other files */
	size_t found;
};

/* Machines of one file are told apart by their names; one that has none is called as the file. */
static void take_adapter(void *context, const char *node, const struct guid *guid)
{
	struct node_file *file = context;
	struct compare *c = file->compare;
	const char *name = node ? node : file->name;
	size_t owner = file->first;

	while (owner < c->owners.len && strcasecmp(c->owners.items[owner], name) != 0)
		owner++;
	if (owner == c->owners.len)
		add_owner(c, name);
	add_guid(c, NIC_KIND, guid);
	c->identities.items[c->identities.len - 1].owner = owner;
	file->found++;
}

int compare_add_node(struct compare *compare, const char *name, struct bytes text, struct err *err)
{
	struct node_file file = { .compare = compare, .name = name, .first = compare->owners.len };

	node_text_read(text, take_adapter, &file);
	if (file.found)
		return 0;
	err_set(err, ERR_FORMAT, "%s: no GUID of a network adapter is in it", name);
	return err_hint(err, "wanted: the output of Get-NetAdapter | fl Name,InterfaceGuid");
}

/* ---- judging ---- */

size_t compare_machines(const struct compare *compare)
{
	return compare->owners.len;
}

size_t compare_identities(const struct compare *compare)
{
	return compare->identities.len;
}

static int by_identity(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);

	if (!order)
		order = strcasecmp(x->id, y->id);
	if (!order)
		order = x->owner < y->owner ? -1 : x->owner > y->owner;
	return order;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcasecmp(a->id, b->id) == 0;
}

static void report_shared(const struct compare *compare, size_t first, size_t end, struct report *report)
{
	const struct identity *items = compare->identities.items;
	const char *kind = items[first].kind;
	const struct rule_meta *rule = &rules[strcmp(kind, NIC_KIND) == 0 ? RULE_NIC :
					      strcmp(kind, SID_KIND) == 0 ? RULE_SID : RULE_OTHER];
	CLEANUP(strbuf_release) struct strbuf who = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = first; i < end; i++) {
		if (i > first && items[i].owner == items[i - 1].owner)
			continue;
		strbuf_addf(&who, "%s%s", n++ ? ", " : "", compare->owners.items[items[i].owner]);
	}
	if (n < 2)
		return;
	text_show(items[first].id, strlen(items[first].id), &id);
	report_add(report, rule,
		   (struct place){ .file = compare->owners.items[items[first].owner], .item = strbuf_text(&id) },
		   "%s: %s is shared by %s", kind, strbuf_text(&id), who.data);
	if (rule != &rules[RULE_OTHER])
		report_note(report, "%s", rule->why);
}

void compare_report(struct compare *compare, struct report *report)
{
	size_t n = compare->identities.len, end;

	if (!n)
		return;
	qsort(compare->identities.items, n, sizeof(*compare->identities.items), by_identity);
	for (size_t first = 0; first < n; first = end) {
		end = first + 1;
		while (end < n && same(&compare->identities.items[first], &compare->identities.items[end]))
			end++;
		report_shared(compare, first, end, report);
	}
}
