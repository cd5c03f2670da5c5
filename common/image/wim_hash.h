/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-1 (the names of blobs) and SHA-256 (our journal) through OpenSSL's EVP.
 * One context belongs to one thread and is used again after each final.
 */
#pragma once

#include "common/base/bytes.h"

#define SHA256_LEN 32

struct wim_hash;

struct wim_hash *wim_hash_new_sha1(void);
struct wim_hash *wim_hash_new_sha256(void);
void wim_hash_freep(struct wim_hash **hash);

void wim_hash_begin(struct wim_hash *hash);
void wim_hash_update(struct wim_hash *hash, const void *data, size_t len);
/* ret holds 20 or 32 bytes. */
void wim_hash_final(struct wim_hash *hash, uint8_t *ret);

void wim_sha1(const void *data, size_t len, uint8_t ret[20]);
bool wim_hash_is_zero(const uint8_t hash[20]);

#define WIM_HASH_TEXT_LEN 40
/* Forty digits in lower case; returns ret. */
char *wim_hash_format(const uint8_t hash[20], char ret[WIM_HASH_TEXT_LEN + 1]);
