/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_hash.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/opensslv.h>

#include "common/base/alloc.h"

/*
 * libcrypto is loaded by the first hash that is wanted and not with the program: its 20,000 relocations were
 * half of the time in which a tool that hashes nothing did its work.
 */
#define AS_TEXT(number) #number
#define LIBRARY(version) "libcrypto.so." AS_TEXT(version)
#define FOR_EACH_CALL(X)                                                                                        \
	X(EVP_MD_fetch) X(EVP_MD_free) X(EVP_MD_CTX_new) X(EVP_MD_CTX_free) X(EVP_DigestInit_ex2) X(EVP_DigestUpdate) \
	X(EVP_DigestFinal_ex)

#define MEMBER(call) typeof(&call) call;
static struct {
	FOR_EACH_CALL(MEMBER)
} evp;

struct wim_hash {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* OpenSSL fails here only without memory or without its default provider: nothing a caller could do. */
static void must(bool ok)
{
	if (!ok) {
		fputs("goldwim: the SHA functions of OpenSSL do not work\n", stderr);
		abort();
	}
}

static void *find_call(void *library, const char *name)
{
	void *call = dlsym(library, name);

	must(call != NULL);
	return call;
}

static void load_library(void)
{
	void *library = dlopen(LIBRARY(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "goldwim: %s\n", dlerror());
		abort();
	}
#define FIND(call) evp.call = (typeof(&call))find_call(library, #call);
	FOR_EACH_CALL(FIND)
}

static struct wim_hash *hash_new(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct wim_hash *hash = xcalloc(1, sizeof(*hash));

	pthread_once(&once, load_library);
	hash->md = evp.EVP_MD_fetch(NULL, name, NULL);
	hash->ctx = evp.EVP_MD_CTX_new();
	must(hash->md && hash->ctx);
	wim_hash_begin(hash);
	return hash;
}

struct wim_hash *wim_hash_new_sha1(void)
{
	return hash_new("SHA1");
}

struct wim_hash *wim_hash_new_sha256(void)
{
	return hash_new("SHA256");
}

void wim_hash_freep(struct wim_hash **hash)
{
	if (!*hash)
		return;
	evp.EVP_MD_CTX_free((*hash)->ctx);
	evp.EVP_MD_free((*hash)->md);
	free(*hash);
	*hash = NULL;
}

void wim_hash_begin(struct wim_hash *hash)
{
	must(evp.EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) == 1);
}

void wim_hash_update(struct wim_hash *hash, const void *data, size_t len)
{
	must(evp.EVP_DigestUpdate(hash->ctx, data, len) == 1);
}

void wim_hash_final(struct wim_hash *hash, uint8_t *ret)
{
	must(evp.EVP_DigestFinal_ex(hash->ctx, ret, NULL) == 1);
	wim_hash_begin(hash);
}

void wim_sha1(const void *data, size_t len, uint8_t ret[20])
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();

	wim_hash_update(hash, data, len);
	wim_hash_final(hash, ret);
}

bool wim_hash_is_zero(const uint8_t hash[20])
{
	static const uint8_t zero[20];

	return memcmp(hash, zero, sizeof(zero)) == 0;
}

char *wim_hash_format(const uint8_t hash[20], char ret[WIM_HASH_TEXT_LEN + 1])
{
	for (size_t i = 0; i < 20; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return ret;
}
