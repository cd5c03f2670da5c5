/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/machine.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/rng.h"

static const struct nic nic_models[MACHINE_NICS] = {
	{ .alias = "Ethernet", .description = "Intel(R) 82579LM Gigabit Network Connection", .class_index = 7,
	  .instance = "PCI/VEN_8086&DEV_1502&SUBSYS_05341028&REV_04/3&11583659&0&C8", .dhcp = true },
	{ .alias = "Ethernet 2", .description = "Realtek PCIe GbE Family Controller", .class_index = 8,
	  .instance = "PCI/VEN_10EC&DEV_8168&SUBSYS_85051043&REV_06/4&2ae5d3b1&0&00E4" },
	{ .alias = "Wi-Fi", .description = "Dell Wireless 1530 Half Mini Card", .class_index = 12,
	  .instance = "PCI/VEN_14E4&DEV_4727&SUBSYS_00151028&REV_01/4&752ea02&0&00E1", .dhcp = true },
};

static const char *const state_names[] = {
	[MACHINE_COMPLETE] = "complete",
	[MACHINE_GENERALIZED_OOBE] = "generalized-oobe",
	[MACHINE_GENERALIZED_AUDIT] = "generalized-audit",
	[MACHINE_UNDEPLOYABLE] = "undeployable",
	[MACHINE_NONE] = "none",
};

static const char *const image_states[] = {
	[MACHINE_COMPLETE] = "IMAGE_STATE_COMPLETE",
	[MACHINE_GENERALIZED_OOBE] = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
	[MACHINE_GENERALIZED_AUDIT] = "IMAGE_STATE_GENERALIZE_RESEAL_TO_AUDIT",
	[MACHINE_UNDEPLOYABLE] = "IMAGE_STATE_UNDEPLOYABLE",
	[MACHINE_NONE] = "",
};

bool machine_state_parse(const char *text, enum machine_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (strcmp(text, state_names[i]) == 0) {
			*ret = (enum machine_state)i;
			return true;
		}
	}
	return false;
}

bool machine_is_generalized(const struct machine *machine)
{
	return machine->state == MACHINE_GENERALIZED_OOBE || machine->state == MACHINE_GENERALIZED_AUDIT;
}

void machine_init(struct machine *ret, enum machine_state state, uint64_t seed, uint64_t identity)
{
	struct rng rng = rng_of(identity, "machine");

	memset(ret, 0, sizeof *ret);
	ret->state = state;
	snprintf(ret->computer, sizeof ret->computer, "REF-PC-%04u", (unsigned)(seed % 10000));
	for (size_t i = 0; i < MACHINE_NICS; i++) {
		ret->nics[i] = nic_models[i];
		ret->nics[i].guid = rng_guid(&rng);
		rng_fill(&rng, ret->nics[i].mac, sizeof ret->nics[i].mac);
		ret->nics[i].mac[0] = 0x02; /* locally administered */
	}
	ret->n_nics = machine_is_generalized(ret) ? 0 : MACHINE_NICS;
	ret->machine_guid = rng_guid(&rng);
	ret->sqm_id = rng_guid(&rng);
	ret->sus_id = rng_guid(&rng);
	ret->smb_guid = rng_guid(&rng);
	ret->volume = rng_guid(&rng);
	rng_fill(&rng, ret->sid, sizeof ret->sid);
}

static void add_hex(struct strbuf *ret, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		strbuf_addf(ret, "%s%02x", i ? "," : "", data[i]);
}

static void add_guid(struct strbuf *ret, const struct guid *guid, unsigned style)
{
	char text[GUID_BRACED_LEN + 1];

	strbuf_adds(ret, guid_format(guid, style, text));
}

static void add_guid_mixed(struct strbuf *ret, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];

	guid_format(guid, GUID_BRACES, text);
	for (size_t i = 0; text[i]; i += 2)
		text[i] = (char)toupper((unsigned char)text[i]);
	strbuf_adds(ret, text);
}

static void add_guid_utf16(struct strbuf *ret, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];

	guid_format(guid, GUID_BRACES | GUID_UPPER, text);
	for (size_t i = 0; text[i]; i++)
		strbuf_addf(ret, "%s%02x,00", i ? "," : "", (unsigned char)text[i]);
}

static void add_instance(struct strbuf *ret, const char *instance, const char *separator)
{
	for (; *instance; instance++) {
		if (*instance == '/')
			strbuf_adds(ret, separator);
		else
			strbuf_addc(ret, *instance);
	}
}

static void add_nic_mark(const struct nic *nic, size_t number, char mark, struct strbuf *ret)
{
	switch (mark) {
	case 'U': add_guid(ret, &nic->guid, GUID_BRACES | GUID_UPPER); break;
	case 'L': add_guid(ret, &nic->guid, GUID_BRACES); break;
	case 'M': add_guid_mixed(ret, &nic->guid); break;
	case 'B': add_hex(ret, nic->guid.bytes, sizeof nic->guid.bytes); break;
	case 'W': add_guid_utf16(ret, &nic->guid); break;
	case 'C': strbuf_addf(ret, "%04u", nic->class_index); break;
	case 'A': add_hex(ret, nic->mac, sizeof nic->mac); break;
	case 'N': strbuf_adds(ret, nic->alias); break;
	case 'D': strbuf_adds(ret, nic->description); break;
	case 'i': strbuf_addf(ret, "%zx", number + 1); break;
	case 'p': add_instance(ret, nic->instance, "\\"); break;
	case 'P': add_instance(ret, nic->instance, "\\\\"); break;
	case 'h': add_instance(ret, nic->instance, "#"); break;
	default: assert(false);
	}
}

/* DUID-LLT: type 1, hardware type 1, time, address of the first card. */
static void add_duid(struct strbuf *ret, const struct machine *machine)
{
	strbuf_adds(ret, "00,01,00,01,1a,2b,3c,4d,");
	add_hex(ret, machine->nics[0].mac, sizeof machine->nics[0].mac);
}

static void add_machine_mark(const struct machine *m, const char *set, char mark, struct strbuf *ret)
{
	bool done = machine_is_generalized(m);

	switch (mark) {
	case 'S': strbuf_adds(ret, set); break;
	case 'H': strbuf_adds(ret, m->computer); break;
	case 'G': add_guid(ret, &m->machine_guid, GUID_PLAIN); break;
	case 'Q': add_guid(ret, &m->sqm_id, GUID_BRACES | GUID_UPPER); break;
	case 'Z': add_guid(ret, &m->sus_id, GUID_PLAIN); break;
	case 'E': add_hex(ret, m->smb_guid.bytes, sizeof m->smb_guid.bytes); break;
	case 'X': add_duid(ret, m); break;
	case 'V': add_hex(ret, m->sid, sizeof m->sid); break;
	case 'O': add_guid(ret, &m->volume, GUID_BRACES); break;
	case 'R': strbuf_adds(ret, done ? "0" : "1"); break;
	case 'T': strbuf_adds(ret, image_states[m->state]); break;
	case 'Y': strbuf_adds(ret, done ? "2" : "0"); break;
	case 'K': strbuf_adds(ret, done ? "oobe\\\\windeploy.exe" : ""); break;
	case 'J': strbuf_adds(ret, m->state == MACHINE_UNDEPLOYABLE ? "4" : "7"); break;
	default: assert(false);
	}
}

struct expansion {
	const struct machine *machine;
	const char *set;
	const struct nic *nic; /* within $[ $] */
	size_t number;
	struct strbuf *ret;
};

static void expand(const struct expansion *e, const char *from, const char *to);

/* The part between an opening mark and its closing one, which must not nest in itself. */
static const char *end_of_part(const char *from, char closing)
{
	const char mark[] = { '$', closing, '\0' };
	const char *end = strstr(from, mark);

	assert(end);
	return end;
}

static const char *expand_cards(const struct expansion *e, const char *from)
{
	const char *end = end_of_part(from, ']');

	for (size_t i = 0; i < e->machine->n_nics; i++) {
		struct expansion card = *e;

		card.nic = &e->machine->nics[i];
		card.number = i;
		expand(&card, from, end);
	}
	return end + 2;
}

static const char *expand_if(const struct expansion *e, const char *from, char closing, bool wanted)
{
	const char *end = end_of_part(from, closing);

	if (wanted)
		expand(e, from, end);
	return end + 2;
}

static const char *expand_mark(const struct expansion *e, const char *at)
{
	char mark = *at++;

	switch (mark) {
	case '[': return expand_cards(e, at);
	case '(': return expand_if(e, at, ')', !machine_is_generalized(e->machine));
	case '<': return expand_if(e, at, '>', e->nic->dhcp);
	case '$': strbuf_addc(e->ret, '$'); return at;
	case '{': return expand_if(e, at, '}', !e->nic->dhcp);
	default: break;
	}
	if (strchr("ULMBWCANDipPh", mark))
		add_nic_mark(e->nic, e->number, mark, e->ret);
	else
		add_machine_mark(e->machine, e->set, mark, e->ret);
	return at;
}

static void expand(const struct expansion *e, const char *from, const char *to)
{
	bool in_key = false;

	while (from < to) {
		if (from[0] == '[' && (e->ret->len == 0 || e->ret->data[e->ret->len - 1] == '\n'))
			in_key = true;
		if (*from == '\n')
			in_key = false;
		if (*from == '$') {
			from = expand_mark(e, from + 1);
			continue;
		}
		if (in_key && *from == '/')
			strbuf_addc(e->ret, '\\');
		else if (*from == '~')
			strbuf_adds(e->ret, "\\\\");
		else
			strbuf_addc(e->ret, *from);
		from++;
	}
}

void machine_expand(const struct machine *machine, const char *set, const char *template, struct strbuf *ret)
{
	const struct expansion e = { .machine = machine, .set = set, .ret = ret };

	expand(&e, template, template + strlen(template));
}
