/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Settings, and the words in them.
 */
#ifndef UPD_CONFIG_INT_H
#define UPD_CONFIG_INT_H

struct lang;
struct lang_config;
struct parser;

void config_init(struct lang_config *c);
/* BPFTRACE_NAME=VALUE: after the script, as it wins. */
void config_environ(struct lang *l);
/* config = { ... } */
void parse_config(struct parser *p);
/* "perf" ... as enum v_stack_mode; -1: there is no such mode. */
int config_stack_mode(const char *name);

#endif
