/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fallback handler for PowerPC: SIGTRAP's action in a target while it is
 * probed (see fallback.h, and arch/x86/fallback-x86_64.S for its steps). It is
 * assembled into fallback-ppc.h, -ppc64.h and -ppc64le.h by fallback-bytes; a
 * test compares.
 *
 * It lies FALLBACK_CODE behind the header, wherever that is mapped. It may
 * clobber every register but the stack's and the thread's: rt_sigreturn brings
 * them back. r3 signal, r4 siginfo, r5 ucontext; then r7 the header, r9 the
 * saved registers, r10 and r11 their pc and stack pointer.
 *
 * Trap words: the pc is at the breakpoint. A slot may have one, too, where a
 * way out of it is too long for a branch.
 */
	.set	HEADER_DISTANCE, 4096	/* FALLBACK_CODE */
	.set	SITES, 8192		/* FALLBACK_SITES */
	.set	SITE_SIZE, 40
	.set	SITE_SLOT, 8		/* struct fallback_site */
	.set	SITE_ORIG, 16
	.set	SITE_LEN, 32
	.set	SITE_COPY_LEN, 33
	.set	SITE_CAP, 12		/* struct fallback_header */
	.set	SIZE, 24
	.set	SLOTS_OFF, 32
	.set	OLD_HANDLER, 72
	.set	OLD_MASK, 96
	.set	RESUMED_PC, 104
	.set	RESUMED_SP, 112
	.set	NO_CALLS, 124
	.set	LAST, 128
	.set	OWNER, -16		/* from the end */
	.set	SITE_PLANTED, 34
	.set	SITE_NEXT, 36
	.set	SI_CODE, 8

	.set	SIGTRAP, 5
	.set	SIGTRAP_BIT, 1 << (SIGTRAP - 1)
	.set	NR_OPEN, 5
	.set	NR_CLOSE, 6
	.set	NR_PREAD64, 179
	.set	NR_PWRITE64, 180
	.set	NR_GETPID, 20
	.set	NR_RT_SIGRETURN, 172
	.set	NR_RT_SIGACTION, 173
	.set	NR_RT_SIGPROCMASK, 174
	.set	NR_GETTID, 207
	.set	NR_TGKILL, 250
	.set	NR_RT_TGSIGQUEUEINFO, 322

/* A word of memory, one of the header (they have 64 bits), and a frame. */
.ifdef WORD64
	.set	W, 8
	.set	UC_SIGMASK, 40
	.set	FRAME, 160
	.set	ROOM, 112
	.macro	load r, offset, base
	ld	\r, \offset(\base)
	.endm
	.macro	store r, offset, base
	std	\r, \offset(\base)
	.endm
	.macro	header r, offset
	ld	\r, \offset(7)
	.endm
	.macro	entry r, offset
	ld	\r, \offset(6)
	.endm
	.macro	compare a, b
	cmpld	\a, \b
	.endm
	.macro	clear2 r
	clrrdi	\r, \r, 2
	.endm
.else
	.set	W, 4
	.set	UC_SIGMASK, 52
	.set	FRAME, 80
	.set	ROOM, 32
	.macro	load r, offset, base
	lwz	\r, \offset(\base)
	.endm
	.macro	store r, offset, base
	stw	\r, \offset(\base)
	.endm
	.macro	header r, offset
	lwz	\r, \offset + 4(7)
	.endm
	.macro	entry r, offset
	lwz	\r, \offset + 4(6)
	.endm
	.macro	compare a, b
	cmplw	\a, \b
	.endm
	.macro	clear2 r
	clrrwi	\r, \r, 2
	.endm
.endif
	.set	R1, 1 * W
	.set	NIP, 32 * W
	.set	LINK, 36 * W

	.text
start:
	li	0, NR_RT_SIGRETURN
	sc

	.balign	16
	sc
	trap

	.balign	16
handler:
	mflr	6
	bcl	20, 31, here
here:
	mflr	7
	mtlr	6
	addi	7, 7, -(here - start + HEADER_DISTANCE)
	lwz	8, SI_CODE(4)
.ifdef WORD64
	addi	9, 5, 232		/* uc_mcontext.gp_regs */
.else
	lwz	9, 48(5)		/* uc_regs */
.endif
	load	10, NIP, 9
	load	11, R1, 9
	cmpwi	8, 0			/* sent by somebody */
	ble	forward
/* Served by a tracer that died before it let the task go on. */
	header	12, RESUMED_PC
	compare	12, 10
	bne	not_served
	header	12, RESUMED_SP
	compare	12, 11
	beqlr
not_served:
	header	0, SLOTS_OFF
	subf	12, 7, 10
	compare	12, 0
	blt	outside
	header	0, SIZE
	compare	12, 0
	blt	in_slots
outside:
	cmpwi	8, 1			/* TRAP_BRKPT */
	beq	breakpoint
	cmpwi	8, 2			/* TRAP_TRACE */
	beq	step
	cmpwi	8, 4			/* TRAP_HWBKPT */
	bne	forward
/* A step, or a watchpoint, that outlived its tracer; unless the program
 * handles such traps. The frame's MSR is not restored. */
step:
	header	12, OLD_HANDLER
	li	0, 1
	compare	12, 0
	blelr
	b	forward

/* There a step goes on. */
in_slots:
	cmpwi	8, 1
	bnelr
	clrrwi	8, 12, 6		/* FALLBACK_SLOT */
	subf	11, 8, 12		/* offset in the slot */
	subf	8, 11, 10		/* its address */
	lwz	12, SITE_CAP(7)
	addi	6, 7, SITES
	mtctr	12
	cmpwi	12, 0
	beq	forward
search:
	entry	12, SITE_SLOT
	compare	12, 8
	beq	way_out
	addi	6, 6, SITE_SIZE
	bdnz	search
	b	forward
/* All ways out go to the successor, but for a `b` and for the second one of a
 * conditional branch. */
way_out:
	entry	10, 0
	lwz	8, SITE_ORIG(6)
	srwi	12, 8, 26
	cmpwi	12, 18
	beq	branch
	cmpwi	12, 16
	bne	successor
	lbz	12, SITE_COPY_LEN(6)
	cmpw	12, 11
	beq	successor
	extsh	12, 8
	b	target
successor:
	lbz	12, SITE_LEN(6)
	add	0, 10, 12
	b	link

breakpoint:
	lwz	8, SITE_CAP(7)
	cmpwi	8, 0
	beq	forward
	mtctr	8
	addi	8, 8, -1
.ifdef WORD64
	lis	12, 0x9e37		/* FALLBACK_HASH */
	ori	12, 12, 0x79b9
	sldi	12, 12, 32
	oris	12, 12, 0x7f4a
	ori	12, 12, 0x7c15
	mulld	12, 12, 10
	srdi	12, 12, 32
.else
	lis	12, 0x7f4a		/* from halves */
	ori	12, 12, 0x7c15
	lis	6, 0x9e37
	ori	6, 6, 0x79b9
	mulhwu	12, 12, 10
	mullw	6, 6, 10
	add	12, 12, 6
.endif
probe:
	and	12, 12, 8
	mulli	6, 12, SITE_SIZE
	add	6, 6, 7
	addi	6, 6, SITES
	entry	0, 0
	compare	0, 10
	beq	found
.ifdef WORD64
	cmpdi	0, 0
.else
	cmpwi	0, 0
.endif
	beq	forward
	addi	12, 12, 1
	bdnz	probe
	b	forward

/* `b` and `bl` may go far, and are done here. */
found:
	lwz	8, SITE_ORIG(6)
	srwi	12, 8, 26
	cmpwi	12, 18
	beq	branch
	rlwinm	11, 8, 31, 22, 31
	cmpwi	12, 19
	cmpwi	cr1, 11, 16
	entry	0, SITE_SLOT
	bne	link
	bne	cr1, link
	andi.	11, 8, 1
	beq	go
	load	0, LINK, 9		/* bclrl: to where it was */
	clear2	0
/* A branch that sets the link register does that here, as it could only set it
 * to an address in its slot; what comes after it is the slot's. r0 pc, r8
 * instruction, r10 its address. */
link:
	andi.	11, 8, 1
	beq	go
	srwi	12, 8, 26
	rlwinm	11, 8, 31, 22, 31
	cmpwi	12, 16			/* bcl */
	beq	set_link
	cmpwi	12, 19
	bne	go
	cmpwi	11, 16			/* bclrl */
	beq	set_link
	cmpwi	11, 528			/* bcctrl */
	beq	set_link
	cmpwi	11, 560			/* bctarl */
	bne	go
set_link:
	addi	11, 10, 4
	store	11, LINK, 9
go:
	store	0, NIP, 9
	header	12, SIZE
	add	12, 12, 7
	lwz	12, OWNER(12)
	andis.	12, 12, 0x4000		/* FUTEX_OWNER_DIED */
	beqlr
	lwz	12, NO_CALLS(7)
	cmpwi	12, 0
	bnelr
/* No tracer any more: takes all breakpoints away that are still there. Where
 * that is not possible, they are got past one by one. r14 the file, r15 the
 * header, r16 the next site's index and 1, r17 a site, r18 the trap. */
	mflr	19
	mr	15, 7
	addi	3, 7, path - start + HEADER_DISTANCE
	lis	4, 8			/* O_CLOEXEC */
	ori	4, 4, 2			/* O_RDWR */
	li	0, NR_OPEN
	sc
	bsolr				/* an error */
	mr	14, 3
	lis	18, 0x7fe0
	ori	18, 18, 8
	lwz	16, LAST(15)
.ifdef WORD64
	stdu	1, -FRAME(1)
.else
	stwu	1, -FRAME(1)
.endif
mend:
	addic.	16, 16, -1
	blt	mended
	mulli	17, 16, SITE_SIZE
	add	17, 17, 15
	addi	17, 17, SITES
	lwz	16, SITE_NEXT(17)
	lbz	12, SITE_PLANTED(17)
	cmpwi	12, 0
	beq	mend
	addi	4, 1, ROOM
	li	0, NR_PREAD64
	bl	transfer
	bne	mend
	lwz	12, ROOM(1)
	cmpw	12, 18
	bne	mend
	addi	4, 17, SITE_ORIG
	li	0, NR_PWRITE64
	bl	transfer
	beq	mend
mended:
	addi	1, 1, FRAME
	mr	3, 14
	li	0, NR_CLOSE
	sc
	mtlr	19
	blr

/* The word at r4, by the call r0. */
transfer:
	mr	3, 14
	li	5, 4
.ifdef WORD64
	ld	6, 0(17)
.else
	li	7, 0
	lwz	8, 4(17)
.endif
	sc
	bso	failed
	cmpwi	3, 4
	blr
failed:
	crclr	2			/* not equal */
	blr

path:
	.asciz	"/proc/self/mem"
	.balign	4

branch:
	slwi	12, 8, 6
	srawi	12, 12, 6
/* r12: the distance, with AA and LK in its low bits */
target:
	clear2	12
	li	0, 0
	andi.	11, 8, 2
	bne	absolute
	mr	0, 10
absolute:
	add	0, 0, 12
	andi.	11, 8, 1
	bne	set_link
	b	go

/* Not ours: to the program's own action, in the same frame, with the signals
 * blocked that it wants blocked. SIGTRAP itself stays open, so that a site in
 * the program's handler does no harm. */
forward:
	mr	14, 3
	mr	15, 4
	mr	16, 5
	header	17, OLD_HANDLER
.ifdef WORD64
	cmpldi	17, 1
.else
	cmplwi	17, 1
.endif
	blt	default_action
	beq	ignored
.ifdef WORD64
	ld	6, OLD_MASK(7)
	li	0, SIGTRAP_BIT
	andc.	6, 6, 0
	beq	call
	stdu	1, -FRAME(1)
	std	6, ROOM(1)
.else
	lwz	6, OLD_MASK + 4(7)
	lwz	8, OLD_MASK(7)
	rlwinm	6, 6, 0, 28, 26		/* all but SIGTRAP_BIT */
	or.	0, 6, 8
	beq	call
	stwu	1, -FRAME(1)
	stw	6, ROOM(1)
	stw	8, ROOM + 4(1)
.endif
	li	3, 0			/* SIG_BLOCK */
	addi	4, 1, ROOM
	li	5, 0
	li	6, 8
	li	0, NR_RT_SIGPROCMASK
	sc
	addi	1, 1, FRAME
call:
	mr	3, 14
	mr	4, 15
	mr	5, 16
	mr	12, 17
.ifdef DESCRIPTORS
	ld	0, 0(17)
	ld	2, 8(17)
	ld	11, 16(17)
	mtctr	0
.else
	mtctr	12
.endif
	bctr

/* What the processor raised cannot be ignored; it kills. */
ignored:
	lwz	8, SI_CODE(4)
	cmpwi	8, 0
	blelr

/* Dies as it would have: the default action, and the same signal again,
 * blocked until the return to where it came from. */
default_action:
	load	0, UC_SIGMASK, 5	/* of 32 bits: the low word */
	li	6, SIGTRAP_BIT
	andc	0, 0, 6
	store	0, UC_SIGMASK, 5
	li	0, 0
.ifdef WORD64
	stdu	1, -FRAME(1)
.else
	stwu	1, -FRAME(1)
.endif
	store	0, ROOM, 1		/* struct sigaction: SIG_DFL */
	store	0, ROOM + W, 1
	store	0, ROOM + 2 * W, 1
	store	0, ROOM + 3 * W, 1
	stw	0, ROOM + 4 * W(1)
	store	6, ROOM, 1
	li	3, 0			/* SIG_BLOCK */
	addi	4, 1, ROOM
	li	5, 0
	li	6, 8
	li	0, NR_RT_SIGPROCMASK
	sc
	li	0, 0
	store	0, ROOM, 1
	li	3, SIGTRAP
	addi	4, 1, ROOM
	li	5, 0
	li	6, 8
	li	0, NR_RT_SIGACTION
	sc
	addi	1, 1, FRAME
	li	0, NR_GETPID
	sc
	mr	16, 3
	li	0, NR_GETTID
	sc
	mr	17, 3
	mr	3, 16
	mr	4, 17
	li	5, SIGTRAP
	mr	6, 15
	li	0, NR_RT_TGSIGQUEUEINFO
	sc
	bnslr				/* no error */
	mr	3, 16
	mr	4, 17
	li	5, SIGTRAP
	li	0, NR_TGKILL
	sc
	blr
	.section .note.GNU-stack, "", @progbits
