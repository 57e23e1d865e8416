/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list - arrays that grow by one item at a time. */
#ifndef SWITCHTAX_LIST_H
#define SWITCHTAX_LIST_H

#include <errno.h>
#include <stddef.h>

/*
 * Room for one more behind @count items, each of @size bytes. Returns the array, which may have
 * moved; NULL: no memory, and it stays as it was. It starts as NULL and grows by this alone; it
 * may be cut at its end in between. To be freed.
 */
void *list__grow(void *items, size_t count, size_t size);

/*
 * A copy of @item behind the @count of @items, both of which change. Returns 0, or -ENOMEM and they
 * do not.
 */
#define list__append(items, count, item)					\
	({									\
		void *grown_ = list__grow(items, count, sizeof(*(items)));	\
										\
		if (grown_) {							\
			(items) = grown_;					\
			(items)[(count)++] = (item);				\
		}								\
		grown_ ? 0 : -ENOMEM;						\
	})

#endif
