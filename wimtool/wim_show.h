/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The insides of a WIM file as text, with the field names of wimlib-imagex:
 * header, blob table, XML. For people who repair and compare files.
 */
#pragma once

#include <stdio.h>

#include "common/image/wim_blobs.h"
#include "common/image/wim_header.h"
#include "common/report/json.h"

/* The parts that "info" needs of the header itself. */
int wim_show_load_header(const char *path, struct wim_header *ret, uint64_t *ret_file_bytes, struct err *err);

/* As text to out, and as the members "header" and "blobs" of json, which may be NULL. */
void wim_show_header(const struct wim_header *header, FILE *out, struct json *json);
int wim_show_blobs(const char *path, FILE *out, struct json *json, struct err *err);

/* One row of the table. */
void wim_show_blob(const struct wim_blobs *blobs, const struct wim_blob *blob, FILE *out);

/* The bytes of the XML as they are in the file (UTF-16LE with its mark). */
int wim_show_save_xml(const char *path, const char *to, struct err *err);
int wim_show_print_xml(const char *path, FILE *out, struct err *err);

/* "0x" and 2 * len digits. */
void wim_show_hex(const uint8_t *data, size_t len, FILE *out);

/* Text of a sort that the image itself chose: control characters are shown as escapes. */
void wim_show_text(const char *text, FILE *out);

/* An image_data_fn that writes to a FILE; it ends when that takes no more. Why is told when all is done. */
int wim_show_data(void *out, const void *data, size_t len);
