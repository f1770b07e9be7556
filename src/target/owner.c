/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the fallback handler knows that its tracer has died: by a word of the
 * scratch memory that the kernel marks when the tracer's thread ends, however
 * that comes about, before any target of it runs on. That is what robust
 * futexes are for.
 *
 * The kernel finds the word by a list that belongs to the thread and that the
 * C library keeps for mutexes of its own; our entries are linked into it as if
 * they were such a mutex's. They must not lie where the target could write
 * them: so the word is at the end of what both map, and the entry a fixed
 * distance behind it, in a page of our own.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Two words before an entry: what the C library has there, the entry before. */
struct behind {
	struct robust_list_head *head; /* NULL: not linked */
	struct robust_list *entry;
	pid_t tid;
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct behind *behind_of(void *map, size_t size)
{
	return (void *)((uint8_t *)map + size + page_size() / 2);
}

static uint32_t *word_of(void *map, size_t size)
{
	return (void *)((uint8_t *)map + size - FALLBACK_OWNER);
}

/* The low bit says of which kind the futex is. */
static struct robust_list *next_of(const struct robust_list *entry)
{
	return (void *)((uintptr_t)entry->next & ~(uintptr_t)1);
}

/* On 64-bit machines the C library's list goes both ways: the other one is in
 * the word before. */
static void set_before(struct robust_list *entry, struct robust_list *before)
{
#ifdef __LP64__
	((struct robust_list **)(void *)entry)[-1] = before;
#else
	(void)entry;
	(void)before;
#endif
}

static void link_in(struct behind *b)
{
	struct robust_list *next = next_of(&b->head->list);

	b->entry->next = b->head->list.next;
	set_before(b->entry, &b->head->list);
	if (next != &b->head->list)
		set_before(next, b->entry);
	b->head->list.next = b->entry;
}

static void link_out(struct behind *b)
{
	struct robust_list *e = &b->head->list;

	while (next_of(e) != b->entry && next_of(e) != &b->head->list)
		e = next_of(e);
	if (next_of(e) != b->entry)
		return;
	e->next = b->entry->next;
	if (next_of(e) != &b->head->list)
		set_before(next_of(e), e);
}

static void own(void *map, size_t size)
{
	struct behind *b = behind_of(map, size);
	uint32_t *word = word_of(map, size);
	uint8_t *end = (uint8_t *)map + size, *entry;
	struct robust_list_head *head;
	size_t len;

	if (syscall(SYS_get_robust_list, 0, &head, &len) ||
	    len != sizeof(*head) || !head)
		return;
	entry = (uint8_t *)word - head->futex_offset;
	if (entry < end + sizeof(void *) ||
	    entry + sizeof(*b->entry) > (uint8_t *)b)
		return;
	b->head = head;
	b->entry = (void *)entry;
	b->tid = (pid_t)syscall(SYS_gettid);
	__atomic_store_n(word, (uint32_t)b->tid, __ATOMIC_RELAXED);
	link_in(b);
}

void *owner_map(int fd, size_t size)
{
	uint8_t *map = mmap(NULL, size + page_size(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (mmap(map, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED) {
		munmap(map, size + page_size());
		return NULL;
	}
	own(map, size);
	return map;
}

void owner_unmap(void *map, size_t size)
{
	struct behind *b = behind_of(map, size);
	struct robust_list_head *head;
	size_t len;

	if (b->head && b->tid != (pid_t)syscall(SYS_gettid))
		return; /* another thread's list goes through it for ever */
	/* That one may have ended, and this one have got its number. */
	if (b->head && !syscall(SYS_get_robust_list, 0, &head, &len) &&
	    head == b->head) {
		link_out(b);
		__atomic_store_n(word_of(map, size), 0, __ATOMIC_RELAXED);
	}
	munmap(map, size + page_size());
}
