/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA801-UA815: domain, generalize, network, security. */
#include "unattend/lint.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JOIN "Microsoft-Windows-UnattendedJoin"

static const struct setting *next_join(const struct lint *lint, const struct setting *after)
{
	return answer_next(lint->answer, JOIN, "Identification", after);
}

static const struct setting *filled_child(const struct lint *lint, const struct setting *parent, const char *name)
{
	const struct setting *child = setting_child(lint->answer, parent, name);

	return child && (child->element->first || !setting_value_empty(child)) ? child : NULL;
}

static bool joins_unsecured(const struct lint *lint, const struct setting *join)
{
	const struct setting *unsecure = setting_child(lint->answer, join, "UnsecureJoin");

	return unsecure && (setting_value_is(unsecure, "true") || unsecure->placeholder);
}

static void check_both(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_join(lint, s))) {
		const struct setting *workgroup = filled_child(lint, s, "JoinWorkgroup");

		if (workgroup && filled_child(lint, s, "JoinDomain"))
			edits_delete_element(hit_fix(lint_setting_element(lint, rule, workgroup,
									  "JoinWorkgroup and JoinDomain exclude each other"), FIX_UNSAFE),
					     &lint->answer->source.text, workgroup->element);
	}
}

static void check_no_credentials(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_join(lint, s)))
		if (filled_child(lint, s, "JoinDomain") && !filled_child(lint, s, "Credentials") &&
		    !setting_child(lint->answer, s, "Provisioning") && !joins_unsecured(lint, s) &&
		    !answer_next(lint->answer, JOIN, "Identification/Provisioning/AccountData", NULL))
			lint_setting_element(lint, rule, s, "JoinDomain without Credentials, Provisioning or UnsecureJoin");
}

static void check_unsecure_credentials(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_join(lint, s))) {
		const struct setting *credentials = setting_child(lint->answer, s, "Credentials");

		if (credentials && joins_unsecured(lint, s))
			edits_delete_element(hit_fix(lint_setting_element(lint, rule, credentials,
									  "UnsecureJoin does not go with Credentials"), FIX_UNSAFE),
					     &lint->answer->source.text, credentials->element);
	}
}

static void check_machine_password(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_join(lint, s))) {
		const struct setting *password = setting_child(lint->answer, s, "MachinePassword");

		if (password && !joins_unsecured(lint, s))
			lint_setting_element(lint, rule, password, "MachinePassword needs UnsecureJoin");
	}
}

static void check_ou(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, JOIN, "Identification/MachineObjectOU", s)))
		if (!s->placeholder && !setting_value_empty(s) && !strcasestr(s->element->value, "DC="))
			lint_setting(lint, rule, s, "\"%s\" is no distinguished name such as OU=Lab,DC=example,DC=com", lint_show(s));
}

static void check_skip_rearm(const struct rule *rule, struct lint *lint)
{
	static const char *const components[] = { "Microsoft-Windows-Security-SPP", "Microsoft-Windows-Security-Licensing-SLC" };

	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, components[i], "SkipRearm", s)))
			if (setting_value_is(s, "1"))
				edits_set_value(hit_fix(lint_setting(lint, rule, s, "SkipRearm=1 leaves the licensing state in the image"),
						FIX_UNSAFE), s->element, "0");
	}
}

static bool is_cidr(const char *value, size_t len)
{
	const char *slash = memchr(value, '/', len);
	long bits;

	if (!slash || slash + 1 >= value + len)
		return false;
	bits = strtol(slash + 1, NULL, 10);
	return bits >= 0 && bits <= 128;
}

static void check_address(const struct rule *rule, struct lint *lint)
{
	static const char *const paths[] = { "Interfaces/Interface/UnicastIpAddresses/IpAddress", "Interfaces/Interface/Routes/Route/Prefix" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, "Microsoft-Windows-TCPIP", paths[i], s))) {
			size_t len;
			const char *value = setting_value(s, &len);

			if (len && !s->placeholder && !s->element->first && !is_cidr(value, len))
				lint_setting(lint, rule, s, "\"%s\" has no prefix length such as /24", lint_show(s));
		}
	}
}

static void check_weakened(const struct rule *rule, struct lint *lint)
{
	static const struct {
		const char *component, *path, *value, *what;
	} switches[] = {
		{ "Microsoft-Windows-LUA-Settings", "EnableLUA", "false", "User Account Control" },
		{ "Networking-MPSSVC-Svc", "DomainProfile_EnableFirewall", "false", "the firewall" },
		{ "Networking-MPSSVC-Svc", "PrivateProfile_EnableFirewall", "false", "the firewall" },
		{ "Networking-MPSSVC-Svc", "PublicProfile_EnableFirewall", "false", "the firewall" },
		{ "Security-Malware-Windows-Defender", "DisableAntiSpyware", "true", "Windows Defender" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, switches[i].component, switches[i].path, s)))
			if (setting_value_is(s, switches[i].value))
				lint_setting(lint, rule, s, "%s is switched off", switches[i].what);
	}
}

static void check_rdp(const struct rule *rule, struct lint *lint)
{
	const struct setting *deny = answer_next(lint->answer, "Microsoft-Windows-TerminalServices-LocalSessionManager",
						 "fDenyTSConnections", NULL);
	const struct setting *s = NULL;

	if (!deny || !setting_value_is(deny, "false"))
		return;
	while ((s = answer_next(lint->answer, "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions", "UserAuthentication", s)))
		if (setting_value_is(s, "0"))
			edits_set_value(hit_fix(lint_setting(lint, rule, s, "remote desktop is open without network level authentication"),
					FIX_UNSAFE), s->element, "1");
}

/* ---- Sysprep ----------------------------------------------------------------- */

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"

static void check_copy_profile(const struct rule *rule, struct lint *lint)
{
	bool accounts = answer_next(lint->answer, SHELL_SETUP, "UserAccounts/LocalAccounts/LocalAccount", NULL);
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "CopyProfile", s))) {
		if (!setting_value_is(s, "true"))
			continue;
		if (component_pass(s->component) && component_pass(s->component) != PASS_SPECIALIZE)
			lint_setting_element(lint, rule, s, "CopyProfile works in pass specialize only");
		else if (accounts && answer_next(lint->answer, "*", "Generalize", NULL))
			lint_setting_element(lint, rule, s, "CopyProfile copies the profile of the built-in Administrator; here other accounts "
							    "are made before Sysprep runs");
	}
}

static void check_reseal(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, "Microsoft-Windows-Deployment", "Generalize", s))) {
		const struct setting *reseal = component_setting(lint->answer, s->component, "Reseal");

		if (reseal)
			lint_setting_element(lint, rule, reseal, "Reseal and Generalize in one pass: Generalize is passed over");
	}
}

/* ---- network ------------------------------------------------------------------ */

/* An IPv4 address below UnicastIpAddresses of an interface. */
static const struct setting *static_address(const struct answer *answer, const struct setting *interface)
{
	const struct setting *list = setting_child(answer, interface, "UnicastIpAddresses"), *address;

	address = list ? setting_child(answer, list, "IpAddress") : NULL;
	return address && !address->placeholder && strchr(address->element->value, '.') ? address : NULL;
}

static void report_dhcp(const struct rule *rule, struct lint *lint, const struct setting *interface, const struct setting *address)
{
	const struct strbuf *text = &lint->answer->source.text;
	const struct setting *ipv4 = setting_child(lint->answer, interface, "Ipv4Settings");
	const struct setting *dhcp = ipv4 ? setting_child(lint->answer, ipv4, "DhcpEnabled") : NULL;
	const struct edit_line lines[] = { { 0, "<Ipv4Settings>" }, { 1, "<DhcpEnabled>false</DhcpEnabled>" }, { 0, "</Ipv4Settings>" } };
	struct hit *hit;

	if (dhcp && !setting_value_is(dhcp, "true"))
		return;
	hit = lint_setting(lint, rule, dhcp ? dhcp : address, "a static address with DHCP still on");
	if (dhcp)
		edits_set_value(hit_fix(hit, FIX_UNSAFE), dhcp->element, "false");
	else if (*interface->element->prefix)
		return;
	else if (ipv4)
		edits_append_child(hit_fix(hit, FIX_UNSAFE), text, ipv4->element, &lines[1], 1);
	else
		edits_append_child(hit_fix(hit, FIX_UNSAFE), text, interface->element, lines, ARRAY_SIZE(lines));
}

static void check_dhcp(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, "Microsoft-Windows-TCPIP", "Interfaces/Interface", s))) {
		const struct setting *address = static_address(lint->answer, s);

		if (address)
			report_dhcp(rule, lint, s, address);
	}
}

static const struct firewall_group {
	const char *name; /* in English */
	const char *id;
} firewall_groups[] = {
#include "unattend/data/firewall_groups.inc"
};

static const char *firewall_group_id(const struct setting *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(firewall_groups); i++)
		if (setting_value_is(s, firewall_groups[i].name))
			return firewall_groups[i].id;
	return NULL;
}

static void check_firewall_group(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, "Networking-MPSSVC-Svc", "FirewallGroups/FirewallGroup/Group", s))) {
		size_t len;
		const char *value = setting_value(s, &len), *id;
		struct hit *hit;

		if (s->placeholder || len == 0 || *value == '@')
			continue;
		id = firewall_group_id(s);
		hit = lint_setting(lint, rule, s, "\"%s\" is the name of the group in one language only%s%s", lint_show(s),
				   id ? "; everywhere it is " : "", id ? id : "");
		if (id && s->element->plain)
			edits_set_value(hit_fix(hit, FIX_SAFE), s->element, id);
	}
}

/* ---- drivers ------------------------------------------------------------------ */

#define DRIVERS_PE "Microsoft-Windows-PnpCustomizationsWinPE"
#define DRIVERS_WINDOWS "Microsoft-Windows-PnpCustomizationsNonWinPE"

/* The driver component that the pass knows, NULL when it knows none. */
static const char *driver_component(enum pass pass)
{
	if (pass == PASS_WINDOWS_PE)
		return DRIVERS_PE;
	return pass == PASS_OFFLINE_SERVICING || pass == PASS_AUDIT_SYSTEM ? DRIVERS_WINDOWS : NULL;
}

/* All of a component to a block of the pass that knows it, a new one behind its own when there is none. */
static void move_component(const struct answer *answer, const struct component *c, enum pass pass, struct edits *edits)
{
	const struct strbuf *text = &answer->source.text;
	const struct span *span = &c->element->span;
	CLEANUP(freep) char *whole = xasprintf("%.*s", (int)(span->end - span->at), text->data + span->at);
	CLEANUP(freep) char *open = xasprintf("<settings pass=\"%s\">", pass_name(pass));
	const struct edit_line lines[] = { { 0, open }, { 1, whole }, { 0, "</settings>" } };
	const struct settings_block *target = NULL;

	for (size_t i = 0; i < answer->blocks.len && !target; i++)
		if (answer->blocks.items[i].pass == pass)
			target = &answer->blocks.items[i];
	edits_delete_element(edits, text, c->element);
	if (target)
		edits_append_child(edits, text, target->element, &lines[1], 1);
	else
		edits_insert_after(edits, text, c->block->element, lines, ARRAY_SIZE(lines));
}

static void check_driver_pass(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];
		enum pass pass = component_pass(c);
		bool pe = component_is(c, DRIVERS_PE);
		const char *right = driver_component(pass);
		struct hit *hit;

		if (!pass || (!pe && !component_is(c, DRIVERS_WINDOWS)) || (right && component_is(c, right)))
			continue;
		hit = lint_element(lint, rule, c->element, "%s belongs into %s: no driver is added in %s", pe ? DRIVERS_PE : DRIVERS_WINDOWS,
				   pe ? "windowsPE" : "offlineServicing or auditSystem", pass_name(pass));
		if (!*c->element->prefix && c->element->span.end - c->element->span.at < INT_MAX)
			move_component(lint->answer, c, pe ? PASS_WINDOWS_PE : PASS_OFFLINE_SERVICING, hit_fix(hit, FIX_SAFE));
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA801", .name = "domain-and-workgroup", .severity = SEVERITY_ERROR,
			.summary = "JoinDomain and JoinWorkgroup are both given",
			.why = "A computer is in one of them; JoinWorkgroup is passed over.",
			.advice = "remove one of the two",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification-joindomain",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<JoinDomain>example.com</JoinDomain><JoinWorkgroup>LAB</JoinWorkgroup>",
		.good = "<JoinDomain>example.com</JoinDomain>",
		.check = check_both,
	},
	{
		.meta = {
			.id = "UA802", .name = "join-without-credentials", .severity = SEVERITY_ERROR,
			.summary = "JoinDomain has nothing to join with",
			.why = "The join fails; netsetup.log tells. It needs Credentials, Provisioning/AccountData or UnsecureJoin.",
			.advice = "add one of them",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification",
		},
		.flags = RULE_CROSS,
		.bad = "<Identification><JoinDomain>example.com</JoinDomain></Identification>",
		.good = "<Identification><JoinDomain>example.com</JoinDomain><Credentials>...</Credentials></Identification>",
		.check = check_no_credentials,
	},
	{
		.meta = {
			.id = "UA803", .name = "unsecure-join-with-credentials", .severity = SEVERITY_ERROR,
			.summary = "UnsecureJoin stands together with Credentials",
			.why = "The reference forbids it: the join fails.",
			.advice = "remove one of the two",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification-unsecurejoin",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<UnsecureJoin>true</UnsecureJoin><Credentials>...</Credentials>",
		.good = "<UnsecureJoin>true</UnsecureJoin>",
		.check = check_unsecure_credentials,
	},
	{
		.meta = {
			.id = "UA804", .name = "machine-password-without-unsecure-join", .severity = SEVERITY_ERROR,
			.summary = "MachinePassword stands without UnsecureJoin",
			.why = "It is passed over.",
			.advice = "set UnsecureJoin to true, or remove MachinePassword",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification-machinepassword",
		},
		.flags = RULE_CROSS,
		.bad = "<MachinePassword>...</MachinePassword>",
		.good = "<UnsecureJoin>true</UnsecureJoin><MachinePassword>...</MachinePassword>",
		.check = check_machine_password,
	},
	{
		.meta = {
			.id = "UA805", .name = "ou-no-distinguished-name", .severity = SEVERITY_WARNING,
			.summary = "MachineObjectOU is no distinguished name",
			.why = "The join fails, or the computer gets into the default container.",
			.advice = "write it as OU=...,DC=...,DC=...",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification-machineobjectou",
		},
		.bad = "<MachineObjectOU>Lab</MachineObjectOU>",
		.good = "<MachineObjectOU>OU=Lab,DC=example,DC=com</MachineObjectOU>",
		.check = check_ou,
	},
	{
		.meta = {
			.id = "UA806", .name = "copy-profile", .severity = SEVERITY_WARNING,
			.summary = "CopyProfile where it cannot work",
			.why = "It makes the profile of the built-in Administrator the default one, in pass specialize. With further accounts in an\n"
			       "image that is generalized the wrong profile has been seen to be copied.",
			.advice = "keep it to pass specialize and sign in as the built-in Administrator only before Sysprep",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-copyprofile",
		},
		.flags = RULE_CROSS,
		.bad = "<settings pass=\"oobeSystem\">...<CopyProfile>true</CopyProfile>",
		.good = "<settings pass=\"specialize\">...<CopyProfile>true</CopyProfile>",
		.check = check_copy_profile,
	},
	{
		.meta = {
			.id = "UA807", .name = "skip-rearm", .severity = SEVERITY_WARNING,
			.summary = "SkipRearm=1: the licensing state stays in the image",
			.why = "Sysprep then does not reset activation: all computers made from the image have the same client machine ID (CMID),\n"
			       "the KMS host counts them as one and does not reach its threshold (0xC004F038). Since Windows 8 the number of\n"
			       "rearms is no reason any more.",
			.advice = "set SkipRearm to 0 for the last generalize",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-security-spp-skiprearm",
		},
		.fix = FIX_UNSAFE,
		.bad = "<SkipRearm>1</SkipRearm>",
		.good = "<SkipRearm>0</SkipRearm>",
		.check = check_skip_rearm,
	},
	{
		.meta = {
			.id = "UA809", .name = "reseal-and-generalize", .severity = SEVERITY_WARNING,
			.summary = "Reseal and Generalize stand together",
			.why = "Generalize is passed over; before Windows 10 Reseal also kept other settings of the pass from being used.",
			.advice = "remove one of the two",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-deployment-generalize",
		},
		.flags = RULE_CROSS,
		.bad = "<Generalize>...</Generalize><Reseal>...</Reseal>   in one component",
		.good = "<Generalize>...</Generalize>",
		.check = check_reseal,
	},
	{
		.meta = {
			.id = "UA810", .name = "static-address-with-dhcp", .severity = SEVERITY_WARNING,
			.summary = "a static address with DHCP still on",
			.why = "DHCP is on unless Ipv4Settings/DhcpEnabled is false; the address of the DHCP server is used.",
			.advice = "set DhcpEnabled to false",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-tcpip-interfaces-interface-ipv4settings-dhcpenabled",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<IpAddress>10.0.0.5/24</IpAddress> with <DhcpEnabled>true</DhcpEnabled>",
		.good = "<IpAddress>10.0.0.5/24</IpAddress> with <DhcpEnabled>false</DhcpEnabled>",
		.check = check_dhcp,
	},
	{
		.meta = {
			.id = "UA811", .name = "address-without-prefix", .severity = SEVERITY_ERROR,
			.summary = "an IP address has no prefix length",
			.why = "UnicastIpAddresses and Route/Prefix want address/length. Pass specialize fails. (A sample of the reference has\n"
			       "Prefix and NextHopAddress the wrong way round.)",
			.advice = "write for example 10.0.0.5/24",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-tcpip-interfaces-interface-unicastipaddresses",
		},
		.bad = "<IpAddress wcm:action=\"add\" wcm:keyValue=\"1\">10.0.0.5</IpAddress>",
		.good = "<IpAddress wcm:action=\"add\" wcm:keyValue=\"1\">10.0.0.5/24</IpAddress>",
		.check = check_address,
	},
	{
		.meta = {
			.id = "UA812", .name = "firewall-group-by-name", .severity = SEVERITY_WARNING,
			.summary = "a group of firewall rules is given by its name in one language",
			.why = "Groups have translated names: on an image of another language none is found and the rules stay as they are.",
			.advice = "write the resource, such as @FirewallAPI.dll,-28752 for Remote Desktop",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/networking-mpssvc-svc-firewallgroups-firewallgroup-group",
		},
		.fix = FIX_SAFE,
		.bad = "<Group>Remote Desktop</Group>",
		.good = "<Group>@FirewallAPI.dll,-28752</Group>",
		.check = check_firewall_group,
	},
	{
		.meta = {
			.id = "UA813", .name = "protection-off", .severity = SEVERITY_INFO,
			.summary = "a protection of Windows is switched off",
			.why = "User Account Control, the firewall or Windows Defender is off on every computer installed with this file.",
			.advice = "leave it on, or switch it off where it hinders only",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-lua-settings-enablelua",
		},
		.bad = "<EnableLUA>false</EnableLUA>",
		.good = "<EnableLUA>true</EnableLUA>",
		.check = check_weakened,
	},
	{
		.meta = {
			.id = "UA814", .name = "rdp-without-nla", .severity = SEVERITY_INFO,
			.summary = "remote desktop is open without network level authentication",
			.why = "Anyone who reaches the computer gets a logon page, before any authentication.",
			.advice = "set UserAuthentication to 1",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-terminalservices-rdp-winstationextensions-userauthentication",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<fDenyTSConnections>false</fDenyTSConnections> and <UserAuthentication>0</UserAuthentication>",
		.good = "<UserAuthentication>1</UserAuthentication>",
		.check = check_rdp,
	},
	{
		.meta = {
			.id = "UA815", .name = "drivers-in-wrong-pass", .severity = SEVERITY_ERROR,
			.summary = "driver paths stand in a pass that does not read them",
			.why = "PnpCustomizationsWinPE works in windowsPE, PnpCustomizationsNonWinPE in offlineServicing and auditSystem. Elsewhere\n"
			       "no driver is added.",
			.advice = "move the component to the pass that reads it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-pnpcustomizationsnonwinpe",
		},
		.fix = FIX_SAFE,
		.bad = "<settings pass=\"specialize\"><component name=\"Microsoft-Windows-PnpCustomizationsNonWinPE\" ...>",
		.good = "<settings pass=\"offlineServicing\"><component name=\"Microsoft-Windows-PnpCustomizationsNonWinPE\" ...>",
		.check = check_driver_pass,
	},
};

const struct rule_table system_rules = { rules, ARRAY_SIZE(rules) };
