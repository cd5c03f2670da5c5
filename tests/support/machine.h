/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The invented computer that a test tree was captured from: its identifiers,
 * and the texts of its hives (see README.md: "Hive text", "The tree").
 */
#pragma once

#include "common/base/guid.h"
#include "common/base/strbuf.h"

#define MACHINE_NICS 3

enum machine_state {
	MACHINE_COMPLETE,
	MACHINE_GENERALIZED_OOBE,
	MACHINE_GENERALIZED_AUDIT,
	MACHINE_UNDEPLOYABLE,
	MACHINE_NONE,
};

struct nic {
	struct guid guid;
	uint8_t mac[6];
	const char *alias;       /* "Ethernet" */
	const char *description;
	const char *instance;    /* device instance, '/' between its parts */
	unsigned class_index;    /* of Control\Class\{4d36e972-...}\NNNN */
	bool dhcp;
};

struct machine {
	enum machine_state state;
	char computer[16];
	struct nic nics[MACHINE_NICS];
	size_t n_nics; /* 0 when generalized */
	struct guid machine_guid, sqm_id, sus_id, smb_guid, volume;
	uint8_t sid[12]; /* the three random parts of the machine SID */
};

/* seed names the computer, identity all its identifiers. */
void machine_init(struct machine *ret, enum machine_state state, uint64_t seed, uint64_t identity);

bool machine_state_parse(const char *text, enum machine_state *ret);
bool machine_is_generalized(const struct machine *machine);

/* Appends the text of one hive. */
void machine_system(const struct machine *machine, struct strbuf *ret);
void machine_software(const struct machine *machine, struct strbuf *ret);
void machine_sam(const struct machine *machine, struct strbuf *ret);
void machine_security(const struct machine *machine, struct strbuf *ret);
void machine_default_user(const struct machine *machine, struct strbuf *ret);
void machine_network_service(const struct machine *machine, struct strbuf *ret);

/*
 * Appends template with its marks replaced; set is the control set. In lines that begin
 * with '[' a '/' becomes '\'; in the others '~' becomes an escaped backslash.
 *
 *	$[ ... $]  once for each network card, in which
 *	  $U $L $M  its GUID in braces: upper, lower, mixed case   $B, $W  as bytes, as UTF-16
 *	  $C class index   $A address as bytes   $N alias   $D description   $i number
 *	  $p instance in a key, $P in a text, $h with '#'
 *	$( ... $)  only when the machine is not generalized
 *	$< ... $>  within $[: only for a card with DHCP;  ${ ... $}: only for one without
 *	$S control set  $H computer  $G machine GUID  $Q SQM  $Z update client  $E SMB GUID as bytes
 *	$X DUID  $V machine SID  $O volume GUID  $R SkipRearm  $T image state  $Y setup type
 *	$K command line  $J generalization state  $$ a dollar
 */
void machine_expand(const struct machine *machine, const char *set, const char *template, struct strbuf *ret);
