/* A listing: facts in sections, as lines in columns for people, or as one JSON object for programs. Whoever describes something
 * says each fact once, with the key that programs know it by and the column that people find it in, and does not ask for whom.
 *
 * A section is a list of rows, a row is a list of cells. The head of a section is shown before its first row. Every text is
 * escaped as cordon_escape() does, in JSON too: what comes out is UTF-8, and can go to a terminal. Rows are written as they
 * are finished, so a long listing needs no memory. */
#ifndef BASE_LISTING_H
#define BASE_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cordon.h"

/* Where a cell stands: a column, counted from 0, with two blanks before it at least; or one of these. */
enum {
        LISTING_HIDDEN = -1,    /* in JSON alone */
        LISTING_NEXT = -2,      /* two blanks behind the cell before */
        LISTING_CLOSE = -3,     /* one blank */
        LISTING_ADJOINING = -4, /* none */
};

struct listing {
        cordon_write_fn *write;
        void *ctx;
        bool json;
        const char *key, *head, *none; /* of the open section; key NULL: none is open */
        unsigned members;              /* of the JSON object so far */
        unsigned rows;                 /* of the open section so far */
        bool row_open, bad;
        struct buf line;                /* the row in the making, for people */
        size_t line_start;              /* where its last line begins */
        size_t list_column;             /* of the open list; 0: it is not for people */
        struct json_object *row, *list; /* the same for programs */
};

void listing_begin(struct listing *l, bool json, cordon_write_fn *write, void *ctx);
/* Ends what is open. 0, or -ENOMEM: something is missing in what was written. */
int listing_end(struct listing *l);

/* A section. `none`: what people read where it has no row; NULL: then they don't see the section at all. */
void listing_section(struct listing *l, const char *key, const char *head, const char *none);
void listing_row(struct listing *l);
/* A line for people, as it is, below the rows so far. Its newline is added. */
void listing_remark(struct listing *l, const char *text);

/* Facts about the whole, for programs alone; outside of any row. They end the open section. */
void listing_whole_number(struct listing *l, const char *key, uint64_t value);
void listing_whole_flag(struct listing *l, const char *key, bool value);
void listing_whole_text(struct listing *l, const char *key, const char *text);

/* Cells. A NULL key: for people alone. A text of NULL is no cell. */
void listing_text(struct listing *l, const char *key, int column, const char *text);
void listing_quoted(struct listing *l, const char *key, int column, const char *label, const char *text); /* label "text" */
void listing_number(struct listing *l, const char *key, int column, uint64_t value, const char *unit);
void listing_size(struct listing *l, const char *key, int column, uint64_t bytes); /* "512M", where that is exact */
void listing_flag(struct listing *l, const char *key, int column, bool value, const char *word); /* the word where it is true */
/* "label FILE:LINE"; FILE alone where line is 0; no cell where there is no file. `label` may be NULL. */
void listing_place(struct listing *l, const char *key, int column, const char *label, const char *file, unsigned line);

/* A cell that is a list of words, which begins a new line where there is no room left. The items follow one by one. */
void listing_list(struct listing *l, const char *key, int column);
void listing_item(struct listing *l, const char *text);

#endif
