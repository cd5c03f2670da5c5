/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"

#define STATE_INI_MAX 65536
#define GENERALIZATION_FINISHED 7
#define SETUP_TYPE_RUN_COMMAND 2

static void copy_text(struct regf *hive, regf_key key, const char *name, char *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (key && regf_get_text(hive, key, name, &text))
		snprintf(ret, SETUP_TEXT_MAX, "%s", strbuf_text(&text));
}

/* CloneTag is a REG_MULTI_SZ of one line. */
static void copy_first_line(struct regf *hive, regf_key key, const char *name, char *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	regf_value value = key ? regf_value_find(hive, key, name) : 0;

	if (!value || regf_value_data(hive, value, &data, NULL) < 0)
		return;
	utf16le_z_to_text(bytes_of(data.data, data.len), &text);
	snprintf(ret, SETUP_TEXT_MAX, "%s", strbuf_text(&text));
}

static void read_system(struct regf *system, struct setup_state *ret)
{
	regf_key setup = regf_find(system, regf_root(system), "Setup");
	regf_key status = setup ? regf_find(system, setup, "Status") : 0;
	regf_key sysprep = setup ? regf_find(system, setup, "Status\\SysprepStatus") : 0;
	uint32_t number = 0;

	if (!setup)
		return;
	ret->has_setup_type = regf_get_u32(system, setup, "SetupType", &ret->setup_type);
	copy_text(system, setup, "CmdLine", ret->command);
	copy_first_line(system, setup, "CloneTag", ret->clone_tag);
	ret->in_setup = regf_get_u32(system, setup, "SystemSetupInProgress", &number) && number;
	ret->in_setup |= regf_get_u32(system, setup, "OOBEInProgress", &number) && number;
	if (status)
		ret->has_audit = regf_get_u32(system, status, "AuditBoot", &ret->audit);
	if (sysprep)
		ret->has_generalization = regf_get_u32(system, sysprep, "GeneralizationState", &ret->generalization);
}

static void read_software(struct regf *software, struct setup_state *ret)
{
	regf_key state = regf_find(software, regf_root(software), "Microsoft\\Windows\\CurrentVersion\\Setup\\State");
	regf_key version = regf_find(software, regf_root(software), "Microsoft\\Windows NT\\CurrentVersion");

	ret->has_software = true;
	copy_text(software, state, "ImageState", ret->image_state);
	copy_text(software, version, "CurrentVersion", ret->nt_version);
	copy_text(software, version, "ProductName", ret->product);
}

/* State.ini is UTF-16 or plain text: [State] ImageState=... */
static void read_state_ini(struct winroot *root, char *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *path = winroot_path(root, "Windows\\Setup\\State\\State.ini");
	const char *at;

	if (!target_has(winroot_target(root), path) ||
	    target_read(winroot_target(root), path, STATE_INI_MAX, &data, NULL) < 0)
		return;
	if (data.len >= 2 && memcmp(data.data, "\xff\xfe", 2) == 0)
		utf16le_to_text(bytes_of(data.data + 2, data.len - 2), &text);
	else
		strbuf_add(&text, data.data, data.len);
	at = strcasestr(strbuf_text(&text), "ImageState=");
	if (at)
		snprintf(ret, SETUP_TEXT_MAX, "%.*s", (int)strcspn(at + 11, "\r\n \t"), at + 11);
}

int setup_state_read(struct winroot *root, struct setup_state *ret, struct err *err)
{
	CLEANUP(freep) char *tag = winroot_path(root, "Windows\\System32\\Sysprep\\Sysprep_succeeded.tag");
	struct setup_state state = { 0 };
	struct regf *system, *software;

	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0 || winroot_hive(root, HIVE_SOFTWARE, &software, err) < 0)
		return -1;
	if (system)
		read_system(system, &state);
	if (software)
		read_software(software, &state);
	read_state_ini(root, state.file_image_state);
	state.has_succeeded_tag = target_has(winroot_target(root), tag);
	*ret = state;
	return 0;
}

static bool is_state(const struct setup_state *state, const char *name)
{
	return strcasecmp(state->image_state, name) == 0;
}

static bool runs(const struct setup_state *state, const char *command)
{
	return state->has_setup_type && state->setup_type == SETUP_TYPE_RUN_COMMAND &&
	       strcasestr(state->command, command) != NULL;
}

static enum verdict say(enum verdict verdict, const char **reason, const char *text)
{
	if (reason)
		*reason = text;
	return verdict;
}

static enum verdict judge_generalized(const struct setup_state *state, const char **reason)
{
	if (runs(state, "windeploy.exe"))
		return say(VERDICT_GENERALIZED, reason,
			   "sysprep /generalize ended well, and the next boot starts windeploy.exe");
	return say(VERDICT_BROKEN, reason,
		   "ImageState says generalized, but the next boot does not start windeploy.exe: sysprep did not end "
		   "or the image was changed since");
}

static enum verdict judge_complete(const struct setup_state *state, const char **reason)
{
	if (state->has_setup_type && state->setup_type != 0)
		return say(VERDICT_BROKEN, reason,
			   "ImageState says that Setup is complete, but SetupType says that Setup owns the next boot");
	return say(VERDICT_NOT_GENERALIZED, reason,
		   "ImageState is IMAGE_STATE_COMPLETE: an installed machine; sysprep /generalize was not run on it");
}

/* No ImageState: Windows XP and 2003, or a hive without it. */
static enum verdict judge_without_state(const struct setup_state *state, const char **reason)
{
	if (!state->has_setup_type)
		return say(VERDICT_UNKNOWN, reason, "neither ImageState nor SetupType is there");
	if (state->setup_type == 0 && !state->in_setup) {
		if (state->has_generalization && state->generalization != GENERALIZATION_FINISHED)
			return say(VERDICT_BROKEN, reason, "GeneralizationState shows a sysprep run that did not end");
		return say(VERDICT_NOT_GENERALIZED, reason,
			   "SetupType is 0: the next boot is a normal start, as on an installed machine");
	}
	if (runs(state, "setup -newsetup -mini"))
		return say(VERDICT_GENERALIZED, reason,
			   "sysprep of Windows XP or 2003 ended: mini-setup runs at the next boot");
	return say(VERDICT_UNKNOWN, reason, "there is no ImageState, and Setup owns the next boot");
}

enum verdict verdict_of(const struct setup_state *state, const char **reason)
{
	if (is_state(state, "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE") ||
	    is_state(state, "IMAGE_STATE_GENERALIZE_RESEAL_TO_AUDIT"))
		return judge_generalized(state, reason);
	if (is_state(state, "IMAGE_STATE_COMPLETE"))
		return judge_complete(state, reason);
	if (is_state(state, "IMAGE_STATE_UNDEPLOYABLE"))
		return say(VERDICT_BROKEN, reason,
			   "ImageState is IMAGE_STATE_UNDEPLOYABLE: sysprep or Setup is half-way; see "
			   "Windows\\System32\\Sysprep\\Panther\\setuperr.log");
	if (is_state(state, "IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE") ||
	    is_state(state, "IMAGE_STATE_SPECIALIZE_RESEAL_TO_AUDIT"))
		return say(VERDICT_NOT_GENERALIZED, reason,
			   "the image was specialized for one machine: sysprep was run without /generalize, or the "
			   "first boot already happened");
	if (*state->image_state)
		return say(VERDICT_UNKNOWN, reason, "ImageState has a value that is not documented");
	return judge_without_state(state, reason);
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_GENERALIZED] = "generalized", [VERDICT_NOT_GENERALIZED] = "not generalized",
		[VERDICT_BROKEN] = "broken half-way", [VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

bool goes_through_setup(const struct setup_state *state)
{
	return (state->has_setup_type && state->setup_type != 0) || state->in_setup ||
	       verdict_of(state, NULL) == VERDICT_GENERALIZED;
}

bool is_hibernated(struct winroot *root)
{
	char magic[4];

	return target_read_head(winroot_target(root), "hiberfil.sys", magic, sizeof(magic)) == sizeof(magic) &&
	       strncasecmp(magic, "hibr", sizeof(magic)) == 0;
}

bool is_vista_or_later(const struct setup_state *state)
{
	if (*state->nt_version)
		return strtoul(state->nt_version, NULL, 10) >= 6;
	return *state->image_state != '\0';
}
