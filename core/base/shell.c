#include "core/base/shell.h"

static bool is_safe(char c)
{
	return ascii_is_alnum(c) || (c && strchr("/._-+,:@%", c));
}

void shell_word(struct buf *out, struct slice s)
{
	size_t safe = 0;

	while (safe < s.len && is_safe(s.ptr[safe]))
		safe++;
	if (s.len && safe == s.len) {
		buf_add(out, s);
		return;
	}
	buf_addc(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_add(out, SLICE("'\\'"));
		buf_addc(out, s.ptr[i]);
	}
	buf_addc(out, '\'');
}

bool shell_can_paste(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	return true;
}
