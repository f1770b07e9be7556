/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes as what comes from the other end of a socket: frames, and the payloads
 * of those messages whose form is more than a number and a string.
 */
#include "proto.h"
#include "tproto.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void payloads(const uint8_t *data, size_t size)
{
	const uint8_t *from = size ? data : (const uint8_t *)"";
	const struct proto_in start = {from, from + size, false};
	static struct tshare share;
	struct proto_in in = start;
	struct trap_probe_spec probe;
	struct run_request run;
	struct bpf_prog prog;
	struct topen open;
	uint32_t ctx_size;
	struct err err;

	if (!run_get(&in, &run, &err))
		run_release(&run);
	in = start;
	if (topen_get(&in, &open, &err) > 0)
		abort();
	in = start;
	if (!tshare_get(&in, &share, &err) && share.ndefs > RT_MAPS_MAX)
		abort();
	in = start;
	if (!tprobe_get(&in, &probe, &err) && probe.kind >= TRAP_KINDS)
		abort();
	in = start;
	if (!tprog_get(&in, &prog, &ctx_size, &err)) {
		if (ctx_size > ARCH_REGS_MAX || !prog.ninsns)
			abort();
		bpf_prog_release(&prog);
	}
}

/* As a peer sends them: all at once, and then it goes. */
static void frames(const uint8_t *data, size_t size)
{
	enum { ROOM = 60000 };
	struct conn *c;
	struct msg msg;
	int fds[2];

	if (size > ROOM ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       fds))
		return;
	if (write(fds[0], data, size) < 0 && size)
		abort();
	close(fds[0]);
	c = conn_new(fds[1]);
	if (!c)
		return;
	while (conn_recv(c, &msg, NULL) > 0) {
		payloads(msg.in.p, (size_t)(msg.in.end - msg.in.p));
		msg_release(&msg);
	}
	conn_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	frames(data, size);
	payloads(data, size);
	return 0;
}
