/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over files and folders: the replay of a corpus without libFuzzer. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static size_t n_files;

static int run_file(const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	/* Exactly the size, so that a sanitizer sees the first byte behind it. */
	unsigned char *data = malloc(size ? size : 1);
	int result = -1;

	if (in && data && fread(data, 1, size, in) == size) {
		(void)LLVMFuzzerTestOneInput(data, size);
		n_files++;
		result = 0;
	} else
		perror(path);
	free(data);
	if (in)
		fclose(in);
	return result;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)where;
	return type == FTW_F ? run_file(path, (size_t)st->st_size) : 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			fprintf(stderr, "replay: %s: cannot read\n", argv[i]);
			return 1;
		}
	}
	printf("%zu files replayed\n", n_files);
	return n_files ? 0 : 1;
}
