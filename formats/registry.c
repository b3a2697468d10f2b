#include "formats/registry.h"

#include "formats/postfix/postfix.h"

const struct format *const formats[] = {
	&format_postfix,
	NULL,
};
