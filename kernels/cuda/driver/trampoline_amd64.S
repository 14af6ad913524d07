//go:build cuda && linux && amd64

// One trampoline per function of functions.h. The first call looks the function up in libcuda.so.1 and keeps its address, so a
// program that links to the driver's interface starts where there is no driver. resolve.c does the looking up.

	.macro TRAMPOLINE name
	.pushsection .text
	.globl \name
	.type \name, @function
\name:
	mov (bilevel_driver_addresses + index * 8)(%rip), %r11
	test %r11, %r11
	jz 1f
	jmp *%r11
1:	mov $index, %r11d
	jmp resolve_and_jump
	.size \name, . - \name
	.popsection
	.pushsection .rodata.names, "a", @progbits
	.asciz "\name"
	.popsection
	.set index, index + 1
	.endm

	.section .rodata.names, "a", @progbits
	.globl bilevel_driver_names
	.hidden bilevel_driver_names
bilevel_driver_names:
	.text
	.hidden bilevel_driver_addresses
	.hidden bilevel_driver_resolve

// Saves the six argument registers around the search; no function of the driver takes vector arguments in a call that can
// come first except the texture settings, so xmm0 and xmm1 are kept too.
resolve_and_jump:
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %r8
	push %r9
	sub $40, %rsp
	movups %xmm0, (%rsp)
	movups %xmm1, 16(%rsp)
	mov %r11, %rdi
	call bilevel_driver_resolve
	mov %rax, %r11
	movups (%rsp), %xmm0
	movups 16(%rsp), %xmm1
	add $40, %rsp
	pop %r9
	pop %r8
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	jmp *%r11

	.set index, 0
#define FN(name, ...) TRAMPOLINE name
#include "functions.h"

	.section .bss
	.balign 8
	.globl bilevel_driver_addresses
bilevel_driver_addresses:
	.zero index * 8
	.section .rodata
	.globl bilevel_driver_count
	.hidden bilevel_driver_count
bilevel_driver_count:
	.long index
	.section .note.GNU-stack, "", @progbits
