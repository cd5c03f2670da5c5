/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA801-UA814: domain, generalize, network, security. */
#include "unattend/lint.h"

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
			lint_setting_element(lint, rule, credentials, "UnsecureJoin does not go with Credentials");
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
		.flags = RULE_CROSS,
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
};

const struct rule_table system_rules = { rules, ARRAY_SIZE(rules) };
