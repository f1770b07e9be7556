/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fallback handler for i386; see fallback-x86_64.S. A program's handler
 * that was installed without SA_SIGINFO gets a frame as if with it: the signal
 * number is where it expects it, an old-style sigcontext is not.
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
	.set	UC_ESP, 48
	.set	UC_EIP, 76
	.set	UC_EFLAGS, 84
	.set	UC_SIGMASK, 108

	.set	SIGTRAP, 5
	.set	SIGTRAP_BIT, 1 << (SIGTRAP - 1)

	.text
	.code32
start:
	mov	$173, %eax		/* rt_sigreturn */
	int	$0x80

	.balign	16, 0xcc
	int	$0x80
	int3

	.balign	16, 0xcc
/* On the stack: return address, signal, siginfo, ucontext */
handler:
	endbr32
	call	here
here:
	pop	%ebx
	sub	$(here - start + HEADER_DISTANCE), %ebx
	mov	8(%esp), %esi
	mov	12(%esp), %edi
	mov	SI_CODE(%esi), %ecx
	mov	UC_EIP(%edi), %ebp
	mov	UC_ESP(%edi), %eax
	test	%ecx, %ecx		/* sent by somebody */
	jle	forward
	cmp	RESUMED_PC(%ebx), %ebp
	jne	not_served
	cmp	RESUMED_SP(%ebx), %eax
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

step:
	mov	%ebp, %eax
	sub	%ebx, %eax
	cmp	SLOTS_OFF(%ebx), %eax
	jb	outside
	cmp	SIZE(%ebx), %eax
	jae	outside
	and	$63, %eax		/* see fallback-x86_64.S */
	dec	%eax
	jnz	go_on
	cmpb	$0x9c, -1(%ebp)
	jne	go_on
	mov	UC_ESP(%edi), %eax
	andb	$~1, 1(%eax)
	jmp	go_on
outside:
	cmpl	$1, OLD_HANDLER(%ebx)
	ja	forward
go_on:
	btrl	$8, UC_EFLAGS(%edi)
	ret

breakpoint:
	dec	%ebp
	mov	SITE_CAP(%ebx), %ecx
	test	%ecx, %ecx
	jz	forward
	mov	$0x7f4a7c15, %eax	/* FALLBACK_HASH, from halves */
	mul	%ebp
	imul	$0x9e3779b9, %ebp, %eax
	add	%edx, %eax
probe:
	mov	SITE_CAP(%ebx), %edx
	dec	%edx
	and	%edx, %eax
	lea	(%eax, %eax, 4), %edx
	lea	SITES(%ebx, %edx, 8), %edx	/* 40 bytes each */
	cmp	%ebp, (%edx)
	je	found
	cmpl	$0, (%edx)
	je	forward
	inc	%eax
	dec	%ecx
	jnz	probe
	jmp	forward
found:
	mov	8(%edx), %eax
	mov	%eax, UC_EIP(%edi)
	mov	SIZE(%ebx), %eax
	testl	$FUTEX_OWNER_DIED, OWNER(%ebx, %eax)
	jz	done
	cmpl	$0, NO_CALLS(%ebx)
	jne	done
	push	%ebx			/* see fallback-x86_64.S */
	add	$(path - start + HEADER_DISTANCE), %ebx
	mov	$0x80002, %ecx		/* O_RDWR | O_CLOEXEC */
	mov	$5, %eax		/* open */
	int	$0x80
	pop	%edx
	test	%eax, %eax
	js	done
	mov	%eax, %ebx
	push	%eax
	lea	SITES(%edx), %ebp
	mov	LAST(%edx), %eax
	xor	%edi, %edi		/* of the offset */
	mov	$1, %edx
mend:
	dec	%eax
	js	mended
	lea	(%eax, %eax, 4), %eax
	lea	(%ebp, %eax, 8), %eax
	cmpb	$0, PLANTED(%eax)
	je	next
	push	%eax
	mov	(%eax), %esi
	lea	4(%esp), %ecx
	mov	$180, %eax		/* pread64 */
	int	$0x80
	dec	%eax
	mov	(%esp), %eax
	jnz	skip
	cmpb	$0xcc, 4(%esp)
	jne	skip
	lea	ORIG(%eax), %ecx
	mov	$181, %eax		/* pwrite64 */
	int	$0x80
	dec	%eax
	jnz	stuck
skip:
	pop	%eax
next:
	mov	NEXT(%eax), %eax
	jmp	mend
stuck:
	pop	%eax
mended:
	pop	%eax
	mov	$6, %eax		/* close */
	int	$0x80
done:
	ret

path:
	.asciz	"/proc/self/mem"

forward:
	mov	OLD_HANDLER(%ebx), %ebp
	cmp	$1, %ebp
	jb	default_action
	je	ignored
	mov	OLD_MASK + 4(%ebx), %eax
	mov	OLD_MASK(%ebx), %edx
	and	$~SIGTRAP_BIT, %edx
	mov	%edx, %ecx
	or	%eax, %ecx
	jz	call
	push	%esi
	push	%eax
	push	%edx
	xor	%ebx, %ebx		/* SIG_BLOCK */
	mov	%esp, %ecx
	xor	%edx, %edx
	mov	$8, %esi
	mov	$175, %eax		/* rt_sigprocmask */
	int	$0x80
	pop	%edx
	pop	%eax
	pop	%esi
call:
	mov	4(%esp), %eax
	mov	%esi, %edx
	mov	%edi, %ecx
	jmp	*%ebp

ignored:
	cmpl	$0, SI_CODE(%esi)
	jle	done

default_action:
	andb	$~SIGTRAP_BIT, UC_SIGMASK(%edi)
	mov	%esi, %ebp
	pushl	$0
	pushl	$SIGTRAP_BIT
	xor	%ebx, %ebx
	mov	%esp, %ecx
	xor	%edx, %edx
	mov	$8, %esi
	mov	$175, %eax		/* rt_sigprocmask */
	int	$0x80
	pushl	$0			/* struct sigaction: SIG_DFL, with */
	pushl	$0			/* these three 20 bytes */
	pushl	$0
	movl	$0, 12(%esp)
	mov	$SIGTRAP, %ebx
	mov	%esp, %ecx
	xor	%edx, %edx
	mov	$8, %esi
	mov	$174, %eax		/* rt_sigaction */
	int	$0x80
	add	$20, %esp
	mov	$20, %eax		/* getpid */
	int	$0x80
	mov	%eax, %ebx
	mov	$224, %eax		/* gettid */
	int	$0x80
	mov	%eax, %ecx
	mov	$SIGTRAP, %edx
	mov	%ebp, %esi
	mov	$335, %eax		/* rt_tgsigqueueinfo */
	int	$0x80
	test	%eax, %eax
	jz	done
	mov	$270, %eax		/* tgkill */
	int	$0x80
	ret
	.section .note.GNU-stack, "", @progbits
