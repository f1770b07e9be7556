/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instruction forms that native.c executes. F(assembly): anything; S(...): a
 * harmless system call. A form is at TEXT_AT; 0x1800(%rip) is in the data
 * behind the text; `.` is the form itself. rbx, rsi, rdi, rbp, r12, r13 point
 * to data, rax and r14 to code, rcx is small.
 */

/* Both modes: e-registers only, addresses fit 32 bits. */
#define FORMS_BOTH                                                             \
	F("nop")                                                               \
	F(".byte 0x66, 0x90")                                                  \
	F("pause")                                                             \
	F(".byte 0x0f, 0x1f, 0x44, 0x00, 0x00")                                \
	F(".byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0")                 \
	F("endbr64")                                                           \
	F("endbr32")                                                           \
	F("push $-1")                                                          \
	F("push $0x12345678")                                                  \
	F("pushw $0x1234")                                                     \
	F("pushw %ax")                                                         \
	F("pushw %sp")                                                         \
	F("popw %dx")                                                          \
	F("popw %sp")                                                          \
	F("pushf")                                                             \
	F("pushfw")                                                            \
	F("popf")                                                              \
	F("leave")                                                             \
	F("leavew")                                                            \
	F("enter $16, $0")                                                     \
	F("ret")                                                               \
	F("rep; ret")                                                          \
	F("ret $8")                                                            \
	F("ret $0x100")                                                        \
	F("call . + 0x100")                                                    \
	F("call . - 0x100")                                                    \
	F("call . + 5")                                                        \
	F(".byte 0x67; call . + 0x44")                                         \
	F("jmp . + 0x20")                                                      \
	F("jmp . - 0x20")                                                      \
	F("jmp . + 0x200")                                                     \
	F("jo . + 0x20")                                                       \
	F("jno . + 0x20")                                                      \
	F("jb . + 0x20")                                                       \
	F("jae . + 0x20")                                                      \
	F("je . + 0x20")                                                       \
	F("jne . - 0x20")                                                      \
	F("jbe . + 0x20")                                                      \
	F("ja . + 0x20")                                                       \
	F("js . + 0x200")                                                      \
	F("jns . + 0x200")                                                     \
	F("jp . + 0x200")                                                      \
	F("jnp . + 0x200")                                                     \
	F("jl . + 0x200")                                                      \
	F("jge . - 0x200")                                                     \
	F("jle . + 0x200")                                                     \
	F("jg . + 0x200")                                                      \
	F(".byte 0x2e; je . + 0x1f")                                           \
	F("loop . + 0x20")                                                     \
	F("loope . + 0x20")                                                    \
	F("loopne . - 0x20")                                                   \
	F(".byte 0x67; loop . + 0x20")                                         \
	F(".byte 0x67; loopne . + 0x20")                                       \
	F(".byte 0xe3, 0x20")                                                  \
	F(".byte 0x67, 0xe3, 0x20")                                            \
	F("mov %eax, %edx")                                                    \
	F("mov %ax, %dx")                                                      \
	F("mov %al, %dh")                                                      \
	F("mov %esp, %ebp")                                                    \
	F("mov $0x12345678, %ecx")                                             \
	F("mov $0x1234, %cx")                                                  \
	F("mov $0x12, %ch")                                                    \
	F(".byte 0xc7, 0xc2; .long 0x87654321")                                \
	F("mov %ds, %eax")                                                     \
	F("add %eax, %ecx")                                                    \
	F("add %ax, %cx")                                                      \
	F("add %al, %ch")                                                      \
	F("add $1, %ecx")                                                      \
	F("add $-1, %edx")                                                     \
	F("add $0x7fffffff, %edx")                                             \
	F("add $0x7fff, %dx")                                                  \
	F("add $0x12345678, %eax")                                             \
	F("sub %edx, %eax")                                                    \
	F("sub %eax, %eax")                                                    \
	F("sub $0x10, %esp")                                                   \
	F("add $0x10, %esp")                                                   \
	F("sub $0x80000000, %edx")                                             \
	F("sub $0x8000, %dx")                                                  \
	F("cmp %edx, %eax")                                                    \
	F("cmp $0, %edx")                                                      \
	F("cmp $-1, %ecx")                                                     \
	F("cmp $0x12345678, %eax")                                             \
	F("cmp %dx, %ax")                                                      \
	F("and %edx, %eax")                                                    \
	F("and $-16, %esp")                                                    \
	F("and $0xff, %ecx")                                                   \
	F("and $0, %dx")                                                       \
	F("or %edx, %ecx")                                                     \
	F("or $-1, %eax")                                                      \
	F("xor %eax, %eax")                                                    \
	F("xor %edx, %ecx")                                                    \
	F("xor $0x5555, %dx")                                                  \
	F("test %eax, %eax")                                                   \
	F("test %edx, %eax")                                                   \
	F("test $0x40, %edx")                                                  \
	F("test %dx, %dx")                                                     \
	F("test %al, %al")                                                     \
	F("inc %edx")                                                          \
	F("dec %ecx")                                                          \
	F("inc %dx")                                                           \
	F("dec %ax")                                                           \
	F("inc %al")                                                           \
	F("adc %eax, %edx")                                                    \
	F("sbb %eax, %eax")                                                    \
	F("neg %edx")                                                          \
	F("not %edx")                                                          \
	F("imul %edx, %eax")                                                   \
	F("mul %edx")                                                          \
	F("div %ecx")                                                          \
	F("idiv %cx")                                                          \
	F("shl %cl, %edx")                                                     \
	F("sar $3, %eax")                                                      \
	F("rol %cl, %ax")                                                      \
	F("rcr $1, %edx")                                                      \
	F("cmovne %eax, %edx")                                                 \
	F("sete %al")                                                          \
	F("setg %dh")                                                          \
	F("bsf %eax, %edx")                                                    \
	F("bswap %edx")                                                        \
	F("cdq")                                                               \
	F("cwde")                                                              \
	F("lahf")                                                              \
	F("sahf")                                                              \
	F("clc")                                                               \
	F("cmc")                                                               \
	F("std")                                                               \
	F("cld")                                                               \
	F("xchg %eax, %edx")                                                   \
	F("movsbl %dl, %eax")                                                  \
	F("movzwl %dx, %ecx")                                                  \
	F("ud2")                                                               \
	F("xor %ecx, %ecx")                                                    \
	F("movsb")                                                             \
	F("movsl")                                                             \
	F("stosb")                                                             \
	F("lodsl")                                                             \
	F("scasb")                                                             \
	F("cmpsb")                                                             \
	F("rep movsb")                                                         \
	F("rep stosb")                                                         \
	F("rep stosl")                                                         \
	F("repne scasb")                                                       \
	F("repe cmpsb")                                                        \
	F("movaps %xmm1, %xmm2")                                               \
	F("paddd %xmm3, %xmm4")                                                \
	F("cvtsi2sd %eax, %xmm0")                                              \
	F("cvttsd2si %xmm1, %edx")                                             \
	F("ucomisd %xmm0, %xmm1")                                              \
	F("movd %xmm0, %edx")                                                  \
	F("fld1")                                                              \
	F("fnop")                                                              \
	F("movl 0, %eax")                                                      \
	F("mfence")                                                            \
	S("int $0x80")

#define FORMS_32                                                               \
	FORMS_BOTH                                                             \
	F("push %eax")                                                         \
	F("push %esp")                                                         \
	F("push %ebp")                                                         \
	F("pop %edx")                                                          \
	F("pop %esp")                                                          \
	F("pop %ebp")                                                          \
	F("push (%esp)")                                                       \
	F("push 4(%ebx)")                                                      \
	F("push -4(%esp)")                                                     \
	F("push %ds")                                                          \
	F("popl (%ebx)")                                                       \
	F("popl 4(%esp)")                                                      \
	F("pusha")                                                             \
	F("popa")                                                              \
	F("call *%eax")                                                        \
	F("call *(%ebx)")                                                      \
	F("call *8(%ebx)")                                                     \
	F("call *4(%ebx, %ecx, 4)")                                            \
	F("call *(%esp)")                                                      \
	F("call *4(%esp)")                                                     \
	F("call *0x7c(%esp)")                                                  \
	F("call *0x100(%esp)")                                                 \
	F("call *4(%esp, %ecx, 4)")                                            \
	F("call *-0x20(%esp)")                                                 \
	F("call *(%ebp)")                                                      \
	F("call *0x30000100")                                                  \
	F("call *0")                                                           \
	F("jmp *%eax")                                                         \
	F("jmp *(%ebx)")                                                       \
	F("jmp *4(%esp)")                                                      \
	F("jmp *0x30000100(, %ecx, 4)")                                        \
	F("notrack jmp *%eax")                                                 \
	F("lea 4(%esp), %eax")                                                 \
	F("lea 0x12345678(%ebx, %ecx, 4), %edx")                               \
	F("lea (%bx, %si), %ax")                                               \
	F("lea -1(%ebx, %eax), %dx")                                           \
	F("inc %esi")                                                          \
	F("dec %edi")                                                          \
	F("mov (%ebx), %eax")                                                  \
	F("mov %eax, 4(%ebx)")                                                 \
	F("mov %eax, 4(%esp)")                                                 \
	F("mov %gs:0, %eax")                                                   \
	F("mov 0x30000100, %eax")                                              \
	F("lock incl (%ebx)")                                                  \
	F("lock cmpxchg8b (%esi)")                                             \
	F("les (%ebx), %eax")                                                  \
	F("bound %eax, (%ebx)")                                                \
	F("daa")                                                               \
	F("aam")                                                              \
	F(".byte 0xd6")

#define FORMS_64                                                               \
	FORMS_BOTH                                                             \
	F("push %rax")                                                         \
	F("push %rsp")                                                         \
	F("push %rbp")                                                         \
	F("push %r12")                                                         \
	F("pop %rdx")                                                          \
	F("pop %rsp")                                                          \
	F("pop %r15")                                                          \
	F("push (%rsp)")                                                       \
	F("push 8(%rbx)")                                                      \
	F("push -8(%rsp)")                                                     \
	F("push 0x1800(%rip)")                                                 \
	F("push %fs:0x10")                                                     \
	F("push %fs")                                                          \
	F("popq (%rbx)")                                                       \
	F("popq 0x1800(%rip)")                                                 \
	F("popq 8(%rsp)")                                                      \
	F("call *%rax")                                                        \
	F("call *%r14")                                                        \
	F("notrack call *%rax")                                                \
	F(".byte 0xf2; call *%rax")                                            \
	F(".byte 0x66, 0x66, 0x48; call . + 0x40")                             \
	F(".byte 0x66; rex.w call *0x1800(%rip)")                              \
	F("call *(%rbx)")                                                      \
	F("call *8(%rbx)")                                                     \
	F("call *(%r12)")                                                      \
	F("call *8(%r13)")                                                     \
	F("call *8(%rbx, %rcx, 8)")                                            \
	F("call *(%rsp)")                                                      \
	F("call *8(%rsp)")                                                     \
	F("call *0x78(%rsp)")                                                  \
	F("call *0x80(%rsp)")                                                  \
	F("call *0x180(%rsp)")                                                 \
	F("call *8(%rsp, %rcx, 8)")                                            \
	F("call *-0x20(%rsp)")                                                 \
	F("call *(%rbp)")                                                      \
	F("call *0x1800(%rip)")                                                \
	F("call *0x1808(%eip)")                                                \
	F("call *8(%ebx)")                                                     \
	F("call *%fs:0x18")                                                    \
	F("call *%gs:(%rcx, %rcx)")                                            \
	F("call *0")                                                           \
	F("call *%rdx")                                                        \
	F("jmp *%rax")                                                         \
	F("jmp *%r14")                                                         \
	F("jmp *%rdx")                                                         \
	F("notrack jmp *%rax")                                                 \
	F("jmp *(%rbx)")                                                       \
	F("jmp *8(%rsp)")                                                      \
	F("jmp *0x1800(%rip)")                                                 \
	F(".byte 0xf2; jmp *0x1800(%rip)")                                     \
	F("jmp *0x30000100(, %rcx, 8)")                                        \
	F("jmp *%fs:0x20")                                                     \
	F("lea 8(%rsp), %rax")                                                 \
	F("lea 0x1800(%rip), %rax")                                            \
	F("lea 0x1800(%rip), %eax")                                            \
	F("lea 0x1800(%rip), %ax")                                             \
	F("lea 0x1800(%eip), %rax")                                            \
	F("lea -0x12345678(%rbx, %rcx, 4), %r15")                              \
	F("lea -0x12345678(%ebx, %ecx, 4), %r15")                              \
	F("lea (%r13, %r12, 2), %r13d")                                        \
	F("mov %rsp, %rbp")                                                    \
	F("mov %r15, %r14")                                                    \
	F("mov %r15d, %r14d")                                                  \
	F("mov $-1, %rax")                                                     \
	F("movabs $0x123456789abcdef0, %r10")                                  \
	F("add %r15, %r14")                                                    \
	F("add $8, %rsp")                                                      \
	F("sub $0x1000, %rsp")                                                 \
	F("sub %r8, %r9")                                                      \
	F("cmp %r9, %r8")                                                      \
	F("and $-16, %rsp")                                                    \
	F("xor %r8d, %r8d")                                                    \
	F("test %r11, %r11")                                                   \
	F("inc %r10")                                                          \
	F("decl %r10d")                                                        \
	F("mov (%rbx), %rax")                                                  \
	F("mov %rax, 8(%rsp)")                                                 \
	F("mov 0x1800(%rip), %rax")                                            \
	F("mov %rax, 0x1800(%rip)")                                            \
	F("mov 0x1800(%eip), %edx")                                            \
	F("movl $0x12345678, 0x1800(%rip)")                                    \
	F("cmpb $0x12, 0x1800(%rip)")                                          \
	F("addl $0x7f, 0x1800(%rip)")                                          \
	F("shll %cl, 0x1800(%rip)")                                            \
	F("lock incq 0x1800(%rip)")                                            \
	F("lock cmpxchg16b 0x1808(%rip)")                                      \
	F("xchg %rsp, 0x1800(%rip)")                                           \
	F("imul $3, 0x1800(%rip), %rdx")                                       \
	F("movabs 0x30000100, %rax")                                           \
	F("mov %fs:0, %rax")                                                   \
	F("movups 0x1800(%rip), %xmm3")                                        \
	F("movaps %xmm3, 0x1808(%rip)")                                        \
	F("pshufd $0x1b, 0x1809(%rip), %xmm5")                                 \
	F("cvtsi2sd 0x1800(%rip), %xmm0")                                      \
	F("cmovb 0x1800(%rip), %rdx")                                          \
	F("andn 0x1800(%rip), %ecx, %eax")                                     \
	F("mulx 0x1800(%rip), %r8, %r9")                                       \
	F("vmovdqu 0x1800(%rip), %ymm1")                                       \
	F("vpaddd 0x1800(%rip), %xmm1, %xmm2")                                 \
	F("vmovdqu64 0x1800(%rip), %zmm0")                                     \
	F("vpinsrd $2, 0x1800(%rip), %xmm1, %xmm2")                            \
	F("cltq")                                                              \
	F("cqto")                                                              \
	F("movslq %edx, %rax")                                                 \
	F("div %r9")                                                           \
	F("rep stosq")                                                         \
	F("rep movsq")                                                         \
	F("mov %rax, (%rdx)")                                                  \
	F("call *(%rdx)")                                                      \
	F("push (%rdx)")                                                       \
	F("fstps 0x1800(%rip)")                                                \
	S("syscall")
