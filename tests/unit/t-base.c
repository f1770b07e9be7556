/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buf.h"
#include "ctype.h"
#include "err.h"
#include "htab.h"
#include "list.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(err_sentences)
{
	struct err err;

	ck_assert_int_eq(err_set(&err, ERR_INVAL, "no %s", "thing"), ERR_INVAL);
	ck_assert_str_eq(err.text, "no thing");
	err_prefix(&err, "probe %d", 3);
	ck_assert_str_eq(err.text, "probe 3: no thing");
	ck_assert_int_eq(err_errno(&err, ESRCH, "read"), ERR_GONE);
	ck_assert_str_eq(err.text, "read: No such process");
	ck_assert_int_eq(err_set(NULL, ERR_IO, "x"), ERR_IO);
}
END_TEST

START_TEST(buf_grows)
{
	struct buf b;
	char *s;

	buf_init(&b);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d", i);
	ck_assert_uint_eq(b.len, 3000);
	buf_consume(&b, 2997);
	ck_assert_str_eq(buf_str(&b), "999");
	s = buf_steal(&b);
	ck_assert_str_eq(s, "999");
	free(s);
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert(buf_failed(&b));
	buf_release(&b);
}
END_TEST

/* Against a plain array, with keys that collide. */
START_TEST(htab_like_an_array)
{
	static void *model[512];
	struct htab h;
	uint64_t seed = 1;

	htab_init(&h);
	for (int i = 0; i < 100000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		unsigned key = (seed >> 33) % 512;
		void *value = &model[(seed >> 50) % 512];

		if (seed >> 63) {
			ck_assert_int_eq(htab_put(&h, key, value), 0);
			model[key] = value;
		} else {
			ck_assert_ptr_eq(htab_remove(&h, key), model[key]);
			model[key] = NULL;
		}
	}
	for (unsigned key = 0; key < 512; key++)
		ck_assert_ptr_eq(htab_get(&h, key), model[key]);
	htab_release(&h);
}
END_TEST

START_TEST(fields_of_anonymous_members)
{
	struct ctypes *ts = ctypes_new();
	const struct ctype *i32 = ctype_int(ts, 4, true);
	struct cfield inner_fields[] = {{"b", i32, 4, 0, 0}};
	struct ctype *inner = ctype_make(ts, CTYPE_STRUCT, NULL, 8);
	struct cfield outer_fields[] = {{"a", i32, 0, 0, 0},
					{NULL, inner, 8, 0, 0}};
	struct ctype *outer = ctype_make(ts, CTYPE_STRUCT, "o", 16);
	uint64_t off = 0;

	inner->fields = inner_fields;
	inner->nfields = 1;
	outer->fields = outer_fields;
	outer->nfields = 2;
	ck_assert_ptr_nonnull(ctype_field(outer, "b", &off));
	ck_assert_uint_eq(off, 12);
	ck_assert_ptr_null(ctype_field(outer, "c", &off));
	ck_assert_ptr_null(ctype_array(ts, i32, UINT64_MAX / 2));
	ctypes_free(ts);
}
END_TEST

START_TEST(list_order)
{
	struct item {
		struct list node;
		int n;
	} items[3] = {{.n = 0}, {.n = 1}, {.n = 2}};
	struct list head = LIST_INIT(head);
	int seen = 0;

	for (int i = 0; i < 3; i++)
		list_push(&head, &items[i].node);
	list_for_each_safe (pos, &head) {
		ck_assert_int_eq(container_of(pos, struct item, node)->n,
				 seen++);
		list_remove(pos);
	}
	ck_assert_int_eq(seen, 3);
	ck_assert(list_empty(&head));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *tc = tcase_create("base");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, err_sentences);
	tcase_add_test(tc, buf_grows);
	tcase_add_test(tc, htab_like_an_array);
	tcase_add_test(tc, fields_of_anonymous_members);
	tcase_add_test(tc, list_order);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
