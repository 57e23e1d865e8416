// SPDX-License-Identifier: GPL-2.0-or-later
// What others call their things is made fit to be shown, and keeps the rest of itself.
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/base/json.h"
#include "../../user/base/text.h"
#include "../../user/machine/environment_file.h"
#include "../../user/results/columns.h"

static void becomes(const char *text, char line_end, const char *want)
{
	char got[256];

	strcpy(got, text);
	text__tame(got, line_end);
	assert_string_equal(got, want);
	text__tame(got, line_end);
	assert_string_equal(got, want);
}

static void orders_are_taken_out(void **state)
{
	(void)state;
	becomes("", '?', "");
	becomes("plain, \"quoted\" <b>;", '?', "plain, \"quoted\" <b>;");
	becomes("\033[31mred\033[0m", '?', "?[31mred?[0m");
	becomes("\033]0;t\007\r\b\v\f\177", '?', "?]0;t??????");
	/* CSI as one character of Unicode; what turns the direction round; the byte order mark */
	becomes("\xc2\x9b" "1m", '?', "??1m");
	becomes("\xc2\x80\xc2\x9f\xc2\xa0", '?', "????\xc2\xa0");
	becomes("\xe2\x80\xae\xe2\x80\x8e\xe2\x81\xa6", '?', "?????????");
	becomes("\xe2\x80\xa8\xef\xbb\xbf", '?', "??????");
}

static void lines_are_as_the_caller_wants_them(void **state)
{
	(void)state;
	becomes("a\tb\r\nc", '?', "a?b??c");
	becomes("a\tb\r\nc", ' ', "a?b? c");
	becomes("a\tb\r\nc\033", '\n', "a\tb?\nc?");
}

static void letters_of_all_kinds_stay(void **state)
{
	(void)state;
	becomes("na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xe2\x80\xa6", '?',
		"na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xe2\x80\xa6");
}

static void bytes_that_are_no_character_go_one_by_one(void **state)
{
	(void)state;
	becomes("\xff\xfe\xc3", '?', "???");
	becomes("\xc3(", '?', "?(");
	becomes("a\xe2\x82", '?', "a??");
	becomes("\xf0\x9f\x98", '?', "???");
	becomes("\xc0\xaf\xed\xa0\x80", '?', "?????");
	becomes("\xe2\x82\xe2\x82\xac", '?', "??\xe2\x82\xac");
}

/* As a stream brings it: cut anywhere, it becomes the same. */
static void pieces_make_the_whole(void **state)
{
	static const char text[] = "\033a\xc3\xaf\xe2\x82\xac\xf0\x9f\x98\x80\xc2\x9b\xff\xe2\x82-"
				   "\xed\xa0\x80\r\n\tz";
	char whole[sizeof(text)];

	(void)state;
	strcpy(whole, text);
	text__tame(whole, '\n');
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char pieces[sizeof(text)];
		size_t done;

		strcpy(pieces, text);
		done = text__tame_part(pieces, cut, '\n');
		assert_true(done <= cut && cut - done <= 3);
		assert_int_equal(text__tame_part(pieces + done, sizeof(text) - 1 - done, '\n'),
				 sizeof(text) - 1 - done);
		assert_string_equal(pieces, whole);
	}
}

/* Whatever the bytes: as many as before, all of them characters, none of them an order. */
static void any_bytes_become_text(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 100000; i++) {
		char text[9] = "";
		size_t length = 1 + (size_t)random() % 8;

		for (size_t at = 0; at < length; at++)
			text[at] = (char)(random() % 3 ? 0x80 | random() : 1 + random() % 255);
		text__tame(text, '?');
		assert_int_equal(strlen(text), length);
		for (size_t at = 0, step; at < length; at += step) {
			step = text__utf8_length(text + at, length - at);
			assert_true(step > 0);
			assert_true(step > 1 || ((unsigned char)text[at] >= ' ' &&
						 text[at] != 0x7f));
			assert_false(step == 2 && text[at] == '\xc2' &&
				     (unsigned char)text[at + 1] < 0xa0);
		}
	}
}

static void json_is_tame_inside_its_quotes(void **state)
{
	cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "l\033");
	char *text;

	(void)state;
	cJSON_AddItemToArray(list, cJSON_CreateString("\033[31m\377\177 \"a\nb\""));
	text = json__print_line(root);
	assert_string_equal(text, "{\"l?\":[\"?[31m?? \\\"a\\nb\\\"\"]}");
	free(text);
	json__tame(root);
	text = json__print_line(root);
	assert_string_equal(text, "{\"l?\":[\"?[31m?? \\\"a?b\\\"\"]}");
	free(text);
	cJSON_Delete(root);
	json__tame(NULL);
}

/* The two files of a folder that a report takes its words from. */
static void what_is_read_is_tame(void **state)
{
	static const char json[] = "{ \"schema_version\": 1, \"command\": [\"\\u001b[31m\\nx\\t\"] }";
	const struct column column = { .name = "x", .type = COLUMN_TEXT, .size = 16 };
	struct environment_file file;
	char field[16], why[256];

	(void)state;
	assert_int_equal(environment_file__parse(json, strlen(json), &file, why, sizeof(why)), 0);
	assert_string_equal(environment_file__word(&file, 0), "?[31m?x?");
	environment_file__free(&file);
	assert_null(columns__parse(&column, field, "\033[31m\nx\t"));
	assert_string_equal(field, "?[31m?x?");
	columns__set_text(field, sizeof(field), "\033[31m\n\377\t");
	assert_string_equal(field, "?[31m???");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_taken_out),
		cmocka_unit_test(lines_are_as_the_caller_wants_them),
		cmocka_unit_test(letters_of_all_kinds_stay),
		cmocka_unit_test(bytes_that_are_no_character_go_one_by_one),
		cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(any_bytes_become_text),
		cmocka_unit_test(json_is_tame_inside_its_quotes),
		cmocka_unit_test(what_is_read_is_tame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
