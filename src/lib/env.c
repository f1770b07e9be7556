/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the language asks about attach points: arguments, variables, types,
 * addresses. A point's cookie is its id.
 */
#include "script-int.h"
#include "syscalls.h"

#include <stdlib.h>
#include <string.h>

static struct attach *point_of(void *ctx, uint64_t cookie)
{
	struct script *s = ctx;

	return cookie < s->npoints ? s->points[cookie] : NULL;
}

static int no_module(struct err *err)
{
	return err_set(err, ERR_UNSUPP,
		       "this probe is not in a traced program");
}

static bool at_exit(const struct script *s, const struct attach *a)
{
	return lang_spec(s->lang, a->spec)->kind == LANG_SYSCALL_EXIT;
}

static bool is_syscall(const struct script *s, const struct attach *a)
{
	return at_exit(s, a) ||
	       lang_spec(s->lang, a->spec)->kind == LANG_SYSCALL_ENTER;
}

static int env_args(void *ctx, uint64_t cookie, const struct ctype **ret,
		    struct err *err)
{
	struct script *s = ctx;
	struct attach *a = point_of(ctx, cookie);
	const struct ctype *type;

	if (a && is_syscall(s, a))
		return syscall_args(a->func, at_exit(s, a), s->types, ret,
				    err);
	if (!a || !a->module)
		return no_module(err);
	return module_func_args(a->module, a->pub.vaddr, s->types, ret, &type,
				err);
}

static int env_var(void *ctx, uint64_t cookie, const char *name,
		   const struct ctype **ret_type, struct loc *ret,
		   struct err *err)
{
	struct script *s = ctx;
	struct attach *a = point_of(ctx, cookie);

	if (a && is_syscall(s, a))
		return syscall_arg(a->arch, a->func, a->pub.syscall,
				   at_exit(s, a), name, s->types, ret_type, ret,
				   err);
	if (!a || !a->module)
		return no_module(err);
	return module_var_loc(a->module, a->pub.vaddr, name, s->types, ret_type,
			      ret, err);
}

static const struct ctype *env_ret(void *ctx, uint64_t cookie,
				   struct loc *ret_loc)
{
	struct script *s = ctx;
	struct attach *a = point_of(ctx, cookie);
	const struct ctype *args, *ret;

	if (!a || !a->module ||
	    module_func_args(a->module, a->pub.vaddr, s->types, &args, &ret,
			     NULL))
		return NULL;
	ret_loc->nops = 0;
	if (ret && !module_return_loc(a->module, ret, ret_loc))
		ret_loc->kind = LOC_IN_VALUE;
	return ret;
}

static int env_usdt_arg(void *ctx, uint64_t cookie, int n,
			const struct ctype **ret_type, struct loc *ret,
			int *ret_n, struct err *err)
{
	struct script *s = ctx;
	struct attach *a = point_of(ctx, cookie);
	struct usdt_arg args[USDT_ARGS_MAX];
	size_t count;
	int rc;

	if (!a || !a->usdt_args)
		return no_module(err);
	rc = usdt_parse_args(a->module, a->usdt_args, args, &count, err);
	if (rc)
		return rc;
	if (ret_n)
		*ret_n = (int)count;
	if (n < 0)
		return 0;
	if ((size_t)n >= count)
		return err_set(err, ERR_NOENT, "%s has %zu arguments, there is "
			       "no arg%d", a->text, count, n);
	*ret_type = args[n].is_float
			    ? ctype_make(s->types, CTYPE_FLOAT,
					 args[n].size == 4 ? "float" : "double",
					 args[n].size)
			    : ctype_int(s->types, args[n].size,
					args[n].is_signed);
	*ret = args[n].loc;
	return *ret_type ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static int env_type(void *ctx, const char *name, const struct ctype **ret,
		    struct err *err)
{
	struct script *s = ctx;
	int rc = err_set(err, ERR_NOENT, "no traced program has debug "
			 "information that defines %s", name);

	for (size_t i = 0; i < s->nfiles; i++)
		if (!module_type(s->files[i].module, name, s->types, ret, NULL))
			return 0;
	return rc;
}

struct bias_search {
	const struct module *wanted;
	uint64_t bias;
};

static int bias_of(void *ctx, struct module *m, uint64_t bias)
{
	struct bias_search *b = ctx;

	if (module_dev(m) != module_dev(b->wanted) ||
	    module_ino(m) != module_ino(b->wanted))
		return 0;
	b->bias = bias;
	return 1;
}

/* A site's own file lies where the pc is; what a return leads to may be in
 * another, and then the one process that there is tells. */
static int env_uaddr(void *ctx, uint64_t cookie, const char *name,
		     struct lang_object *ret, struct err *err)
{
	struct script *s = ctx;
	struct attach *a = point_of(ctx, cookie);
	struct bias_search b;
	struct symbol sym;

	if (!a || !a->module)
		return no_module(err);
	if (module_symbol(a->module, name, &sym))
		return err_set(err, ERR_NOENT, "%s has no symbol %s",
			       module_path(a->module), name);
	*ret = (struct lang_object){sym.addr, sym.size, false};
	if (!module_is_pie(a->module))
		return 0;
	if (a->pub.kind != LANG_URETPROBE) {
		ret->addr -= a->pub.vaddr;
		ret->from_pc = true;
		return 0;
	}
	b = (struct bias_search){a->module, 0};
	if (s->ntargets != 1 ||
	    !space_modules(s->targets[0].space, bias_of, &b))
		return err_set(err, ERR_UNSUPP, "in a uretprobe this can be "
			       "told for one process only that maps the file "
			       "already; keep what the uprobe of it gets in a "
			       "map");
	ret->addr += b.bias;
	return 0;
}

void script_env(struct script *s, struct lang_env *ret)
{
	*ret = (struct lang_env){
		.ctx = s,
		.types = s->types,
		.args = env_args,
		.var = env_var,
		.ret = env_ret,
		.usdt_arg = env_usdt_arg,
		.type = env_type,
		.uaddr = env_uaddr,
		.cpid = s->opts.cpid,
	};
}
