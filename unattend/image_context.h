/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a Windows image says about itself, for rules: the images of the WIM and
 * the product key configuration inside. The WIM is read once and closed.
 *
 *	struct image_context *image = image_context_open("install.wim:2", err);
 */
#pragma once

#include "common/base/err.h"
#include "unattend/pkey_config.h"

/* Texts are "" where the WIM does not tell. */
struct image_row {
	unsigned index; /* from 1 */
	char *name;
	char *description;
	char *edition;   /* "Professional" */
	char *arch;      /* "x86", "amd64", "arm64" */
	char *languages; /* "en-US de-DE" */
};

struct image_context;

/* target is WIM or WIM:IMAGE, the image by number or name. */
struct image_context *image_context_open(const char *target, struct err *err);
void image_context_freep(struct image_context **image);

const char *image_context_file(const struct image_context *image);
size_t image_context_len(const struct image_context *image);
const struct image_row *image_context_at(const struct image_context *image, size_t i);

/* The one named in target, or the only one; NULL otherwise. */
const struct image_row *image_context_selected(const struct image_context *image);

const struct image_row *image_context_by_index(const struct image_context *image, unsigned long index);
const struct image_row *image_context_by_name(const struct image_context *image, const char *name, size_t len);
const struct image_row *image_context_by_description(const struct image_context *image, const char *text, size_t len);

/* True for a tag among the languages, in any case; unknown languages have every tag. */
bool image_row_has_language(const struct image_row *row, const char *tag, size_t len);

/* The name in the WIM that is nearest to a mistyped one, NULL when none is near. */
const char *image_context_did_you_mean(const struct image_context *image, const char *name);

/* Windows/System32/spp/tokens/pkeyconfig/pkeyconfig.xrm-ms of the selected or first image; NULL when it has none. */
const struct pkey_config *image_context_pkeyconfig(const struct image_context *image);
