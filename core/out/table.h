/*
 * table: rows and columns for people (aligned text) and for spreadsheets (CSV).
 *
 * Cells are plain bytes; the table escapes them (escape.h) and knows the width
 * of what it prints. In text the widths are those of the widest cell; what does
 * not fit `columns` is cut from the columns marked TABLE_CUT, widest first, and
 * never below 12 columns.
 */
#ifndef CORE_OUT_TABLE_H
#define CORE_OUT_TABLE_H

#include <stdio.h>

#include "core/base/escape.h"
#include "core/base/slice.h"

enum table_flag {
	TABLE_RIGHT = 1 << 0, /* numbers */
	TABLE_CUT = 1 << 1,   /* may be cut to fit */
};

struct table_style {
	size_t columns; /* of the terminal; 0 never cuts */
	enum escape_charset charset;
	bool color;
	size_t indent; /* blanks before each row but the head */
};

struct table;

struct table *table_new(void);
void table_free(struct table *table);

void table_column(struct table *table, const char *title, unsigned flags);
/* The next cell of the row; after the last column the row is complete. */
void table_cell(struct table *table, struct slice text);
void table_cellf(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void table_print_text(const struct table *table, const struct table_style *style, struct buf *out);
void table_print_csv(const struct table *table, struct buf *out);

#endif
