/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The RUN request: what a client asks a session to do.
 */
#include "proto.h"

#include <stdlib.h>

static void put_strings(struct buf *b, const char *const *strings, size_t n)
{
	put_u32(b, n);
	for (size_t i = 0; i < n; i++)
		put_str(b, strings[i]);
}

void run_put(struct buf *b, const struct run_request *r)
{
	put_str(b, r->script);
	put_str(b, r->script_name);
	put_u32(b, r->flags);
	put_u32(b, r->steps);
	put_u32(b, r->max_overhead);
	put_u32(b, r->npids);
	for (size_t i = 0; i < r->npids; i++)
		put_u32(b, r->pids[i]);
	put_u32(b, r->cmd_pid);
	put_strings(b, r->params, r->nparams);
	put_strings(b, r->named, r->nnamed);
	put_strings(b, r->environ, r->nenviron);
	put_strings(b, r->include_dirs, r->ninclude_dirs);
	put_strings(b, r->includes, r->nincludes);
	put_str(b, r->cwd);
	put_str(b, r->debug_dirs);
	put_str(b, r->dump);
}

/* A list's length; 0 and failure when it is more than we take. */
static size_t get_count(struct proto_in *in)
{
	size_t n = get_u32(in);

	if (n > PROTO_STRINGS_MAX)
		in->failed = true;
	return in->failed ? 0 : n;
}

/* calloc for n elements; failure to allocate is told apart by *nomem. */
static void *list_alloc(struct proto_in *in, size_t n, size_t size, bool *nomem)
{
	void *list = n ? calloc(n + 1, size) : NULL; /* a NULL ends it */

	if (n && !list) {
		*nomem = true;
		in->failed = true;
	}
	return list;
}

static void get_strings(struct proto_in *in, const char *const **ret,
			size_t *ret_n, bool *nomem)
{
	size_t n = get_count(in);
	const char **list = list_alloc(in, n, sizeof(*list), nomem);

	*ret = list;
	*ret_n = list ? n : 0;
	for (size_t i = 0; list && i < n; i++) {
		list[i] = get_str(in);
		if (!list[i]) /* a list holds no NULL */
			in->failed = true;
	}
}

static void get_pids(struct proto_in *in, struct run_request *r, bool *nomem)
{
	size_t n = get_count(in);
	uint32_t *list = list_alloc(in, n, sizeof(*list), nomem);

	r->pids = list;
	r->npids = list ? n : 0;
	for (size_t i = 0; list && i < n; i++)
		list[i] = get_u32(in);
}

int run_get(struct proto_in *in, struct run_request *ret, struct err *err)
{
	struct run_request r = {0};
	bool nomem = false;
	int rc;

	r.script = get_str(in);
	r.script_name = get_str(in);
	r.flags = get_u32(in);
	r.steps = get_u32(in);
	r.max_overhead = get_u32(in);
	get_pids(in, &r, &nomem);
	r.cmd_pid = get_u32(in);
	get_strings(in, &r.params, &r.nparams, &nomem);
	get_strings(in, &r.named, &r.nnamed, &nomem);
	get_strings(in, &r.environ, &r.nenviron, &nomem);
	get_strings(in, &r.include_dirs, &r.ninclude_dirs, &nomem);
	get_strings(in, &r.includes, &r.nincludes, &nomem);
	r.cwd = get_str(in);
	r.debug_dirs = get_str(in);
	r.dump = get_str(in);
	rc = nomem ? err_set(err, ERR_NOMEM, "out of memory")
		   : get_end(in, err);
	if (!rc && (!r.script || !r.script_name))
		rc = err_set(err, ERR_PROTO, "a RUN request without a script");
	if (rc) {
		run_release(&r);
		return rc;
	}
	*ret = r;
	return 0;
}

void run_release(struct run_request *r)
{
	free((void *)r->pids);
	free((void *)r->params);
	free((void *)r->named);
	free((void *)r->environ);
	free((void *)r->include_dirs);
	free((void *)r->includes);
	*r = (struct run_request){0};
}
