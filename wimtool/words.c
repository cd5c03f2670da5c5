/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/words.h"

#include <stdlib.h>

#include "common/base/strbuf.h"

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->items[i]);
}

bool word_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one word off *at; quotes may stand inside a word, as in a shell. */
static int take_word(const char **at, const char *end, struct strbuf *ret, struct err *err)
{
	char quote = 0;

	for (; *at < end && (quote || !word_is_blank(**at)); (*at)++) {
		char c = **at;

		if (c == '\0')
			return err_set(err, ERR_FORMAT, "there is a NUL character");
		if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else
			strbuf_addc(ret, c);
	}
	return quote ? err_set(err, ERR_FORMAT, "the quote %c is not closed", quote) : 0;
}

int words_split(const char *at, const char *end, struct words *ret, struct err *err)
{
	for (;;) {
		struct strbuf word = STRBUF_INIT;

		while (at < end && word_is_blank(*at))
			at++;
		if (at == end)
			return 0;
		if (ret->n == WORDS_MAX)
			return err_set(err, ERR_FORMAT, "there are too many words");
		if (take_word(&at, end, &word, err) < 0) {
			strbuf_release(&word);
			return -1;
		}
		strbuf_adds(&word, "");
		ret->items[ret->n++] = word.data ? strbuf_detach(&word) : xstrdup("");
	}
}
