/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fallback handler for x86_64: SIGTRAP's action in a target while it is
 * probed (see fallback.h). The tracer sees every trap first; this runs when
 * there is no tracer any more, or for traps that are the program's own. It is
 * assembled into fallback-x86_64.h by fallback-bytes; a test compares.
 *
 * It lies FALLBACK_CODE behind the header, wherever that is mapped, uses
 * nothing but registers and the signal's own stack frame, and may clobber
 * every register: rt_sigreturn brings them back.
 */
	.set	HEADER_DISTANCE, 4096	/* FALLBACK_CODE */
	.set	SITES, 8192		/* FALLBACK_SITES */
	/* struct fallback_header */
	.set	SITE_CAP, 12
	.set	SIZE, 24
	.set	SLOTS_OFF, 32
	.set	OLD_HANDLER, 72
	.set	OLD_MASK, 96
	.set	RESUMED_PC, 104
	.set	RESUMED_SP, 112
	.set	NO_CALLS, 124
	.set	LAST, 128
	.set	OWNER, -16		/* from the end */
	.set	FUTEX_OWNER_DIED, 0x40000000
	/* struct fallback_site */
	.set	ORIG, 16
	.set	PLANTED, 34
	.set	NEXT, 36
	/* siginfo_t, ucontext_t */
	.set	SI_CODE, 8
	.set	UC_RSP, 160
	.set	UC_RIP, 168
	.set	UC_EFLAGS, 176
	.set	UC_SIGMASK, 296

	.set	SIGTRAP, 5
	.set	SIGTRAP_BIT, 1 << (SIGTRAP - 1)

	.text
/* Unwinders know a signal frame by exactly these bytes. */
start:
	mov	$15, %rax		/* rt_sigreturn */
	syscall

	.balign	16, 0xcc
	syscall
	int3

	.balign	16, 0xcc
/* rdi signal, rsi siginfo, rdx ucontext */
handler:
	endbr64
	lea	start - HEADER_DISTANCE(%rip), %r8
	mov	SI_CODE(%rsi), %ecx
	mov	UC_RIP(%rdx), %r9
	mov	UC_RSP(%rdx), %r10
	test	%ecx, %ecx		/* sent by somebody */
	jle	forward
/* Served by a tracer that died before it let the task go on. */
	cmp	RESUMED_PC(%r8), %r9
	jne	not_served
	cmp	RESUMED_SP(%r8), %r10
	je	go_on
not_served:
	cmp	$0x80, %ecx		/* SI_KERNEL: a breakpoint */
	je	breakpoint
	cmp	$1, %ecx		/* TRAP_BRKPT, TRAP_TRACE */
	je	step
	cmp	$2, %ecx
	je	step
	cmp	$4, %ecx		/* TRAP_HWBKPT */
	jne	forward

/* A step, or a watchpoint, that outlived its tracer: go on. Outside the slots
 * it may be the program's own, if it handles such traps. */
step:
	mov	%r9, %r10
	sub	%r8, %r10
	cmp	SLOTS_OFF(%r8), %r10
	jb	outside
	cmp	SIZE(%r8), %r10
	jae	outside
/* A pushf that was stepped has pushed the step's trap flag. */
	and	$63, %r10d
	dec	%r10d
	jnz	go_on
	cmpb	$0x9c, -1(%r9)
	jne	go_on
	mov	UC_RSP(%rdx), %r10
	andb	$~1, 1(%r10)
	jmp	go_on
outside:
	cmpq	$1, OLD_HANDLER(%r8)
	ja	forward
go_on:
	btrl	$8, UC_EFLAGS(%rdx)
	ret

breakpoint:
	dec	%r9
	mov	SITE_CAP(%r8), %r10d
	lea	-1(%r10), %r11d
	test	%r10d, %r10d
	jz	forward
	movabs	$0x9e3779b97f4a7c15, %rax	/* FALLBACK_HASH */
	imul	%r9, %rax
	shr	$32, %rax
probe:
	and	%r11d, %eax
	lea	(%rax, %rax, 4), %rcx
	lea	SITES(%r8, %rcx, 8), %rcx	/* 40 bytes each */
	cmp	%r9, (%rcx)
	je	found
	cmpq	$0, (%rcx)
	je	forward
	inc	%eax
	dec	%r10d
	jnz	probe
	jmp	forward
found:
	mov	8(%rcx), %rax
	mov	%rax, UC_RIP(%rdx)
	mov	SIZE(%r8), %rax
	testl	$FUTEX_OWNER_DIED, OWNER(%r8, %rax)
	jz	done
	cmpl	$0, NO_CALLS(%r8)
	jne	done
/* No tracer any more: takes all breakpoints away that are still there. Where
 * that is not possible, they are got past one by one. */
	lea	path(%rip), %rdi
	mov	$0x80002, %esi		/* O_RDWR | O_CLOEXEC */
	mov	$2, %eax		/* open */
	syscall
	test	%eax, %eax
	js	done
	mov	%eax, %edi
	push	%rax
	mov	LAST(%r8), %ebx
mend:
	dec	%ebx
	js	mended
	lea	(%rbx, %rbx, 4), %rbx
	lea	SITES(%r8, %rbx, 8), %rbp
	mov	NEXT(%rbp), %ebx
	cmpb	$0, PLANTED(%rbp)
	je	mend
	mov	%rsp, %rsi
	mov	$1, %edx
	mov	(%rbp), %r10
	mov	$17, %eax		/* pread64 */
	syscall
	dec	%eax
	jnz	mend
	cmpb	$0xcc, (%rsp)
	jne	mend
	lea	ORIG(%rbp), %rsi
	mov	$18, %eax		/* pwrite64 */
	syscall
	dec	%eax
	jz	mend
mended:
	pop	%rax
	mov	$3, %eax		/* close */
	syscall
done:
	ret

path:
	.asciz	"/proc/self/mem"

/* Not ours: to the program's own action, in the same frame, with the signals
 * blocked that it wants blocked. SIGTRAP itself stays open, so that a site in
 * the program's handler does no harm. */
forward:
	mov	OLD_HANDLER(%r8), %rax
	cmp	$1, %rax
	jb	default_action
	je	ignored
	mov	OLD_MASK(%r8), %r10
	and	$~SIGTRAP_BIT, %r10
	jz	call
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	xor	%edi, %edi		/* SIG_BLOCK */
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$14, %eax		/* rt_sigprocmask */
	syscall
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
call:
	mov	%rax, %r11
	xor	%eax, %eax
	jmp	*%r11

/* What the processor raised cannot be ignored; it kills. */
ignored:
	cmpl	$0, SI_CODE(%rsi)
	jle	done

/* Dies as it would have: the default action, and the same signal again,
 * blocked until the return to where it came from. */
default_action:
	andb	$~SIGTRAP_BIT, UC_SIGMASK(%rdx)
	mov	%rsi, %rbx
	pushq	$SIGTRAP_BIT
	xor	%edi, %edi
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$14, %eax		/* rt_sigprocmask */
	syscall
	pop	%rax
	pushq	$0			/* struct sigaction: SIG_DFL */
	pushq	$0
	pushq	$0
	pushq	$0
	mov	$SIGTRAP, %edi
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$13, %eax		/* rt_sigaction */
	syscall
	add	$32, %rsp
	mov	$39, %eax		/* getpid */
	syscall
	mov	%eax, %ebp
	mov	$186, %eax		/* gettid */
	syscall
	mov	%ebp, %edi
	mov	%eax, %esi
	mov	$SIGTRAP, %edx
	mov	%rbx, %r10
	mov	$297, %eax		/* rt_tgsigqueueinfo */
	syscall
	test	%eax, %eax
	jz	done
	mov	$234, %eax		/* tgkill */
	syscall
	ret
	.section .note.GNU-stack, "", @progbits
