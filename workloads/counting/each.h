/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loops of a counting scheme, for the end of its file: incref_each() and decref_each() out
 * of the incref() and decref() that stand before.
 */

static void incref_each(struct counted *const *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		incref(objects[i]);
}

static void decref_each(struct counted *const *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		decref(objects[i]);
}
