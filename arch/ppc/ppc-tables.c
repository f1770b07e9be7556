/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of instructions: Power ISA 3.1 and what 32-bit processors have of
 * their own. Fixed bits and reserved ones are in the mask: a word that fits
 * no line is not known for certain, and refused.
 *
 * Primary opcodes 4, 59, 60 and 63 (vector, floating point, decimal and matrix
 * arithmetic) are one line each: none of their instructions branches or knows
 * where it is, so whichever it is a copy does the same anywhere.
 */
#include "ppc-insn.h"

#define OP(op)	  ((uint32_t)(op) << 26)
#define XO(xo)	  ((uint32_t)(xo) << 1)
#define ALL	  UINT32_MAX

/* Masks of forms, by what is fixed or reserved besides the opcode. */
#define M_OP	  0xfc000000 /* D */
#define M_DS	  0xfc000003
#define M_DQ	  0xfc00000f
#define M_X	  0xfc0007fe /* X with Rc, or the last bit an operand */
#define M_X0	  0xfc0007ff
#define M_XRT	  0xfc00ffff /* X with RT, RA */
#define M_XRTRC	  0xfc00fffe
#define M_XRARB	  0xffe007ff /* X with RA, RB */
#define M_XO	  0xfc0003fe /* XO with OE and Rc */
#define M_XORA	  0xfc00fbfe /* XO without RB */
#define M_XOH	  0xfc0007fe /* XO without OE */
#define M_A	  0xfc00003f /* isel */
#define M_MD	  0xfc00001c
#define M_MDS	  0xfc00001e

/* name, opcode, argument: displacement, and its update form next to it */
#define LOAD(op, name, arg) \
	{OP(op), M_OP, PPC_LOAD, 0, arg, name, "t,m"}, \
	{OP((op) + 1), M_OP, PPC_LOAD, 0, (arg) | MEM_UPDATE, name "u", "t,m"}
#define STORE(op, name, arg) \
	{OP(op), M_OP, PPC_STORE, 0, (arg) | MEM_STORE, name, "t,m"}, \
	{OP((op) + 1), M_OP, PPC_STORE, 0, (arg) | MEM_STORE | MEM_UPDATE, \
	 name "u", "t,m"}
#define FLOAT(op, name) {OP(op), M_OP, PPC_COPY, 0, 0, name, "f,m"}

/* opcode 31 */
#define X31(xo, mask, op, flags, arg, name, form) \
	{OP(31) | XO(xo), mask, op, flags, arg, name, form}
#define LOADX(xo, name, arg) \
	X31(xo, M_X0, PPC_LOAD, 0, (arg) | MEM_INDEXED, name, "t,z,b")
#define STOREX(xo, name, arg) \
	X31(xo, M_X0, PPC_STORE, 0, (arg) | MEM_INDEXED | MEM_STORE, name, \
	    "t,z,b")
#define ADDX(xo, mask, arg, name, form) \
	X31(xo, mask, PPC_ADD, PPC_RC | PPC_OE, arg, name, form)
#define LOGICX(xo, arg, name) \
	X31(xo, M_X, PPC_LOGIC, PPC_RC, arg, name, "a,t,b")
#define UNARYX(xo, mask, flags, arg, name) \
	X31(xo, mask, PPC_UNARY, flags, arg, name, "a,t")
#define SHIFTX(xo, flags, arg, name) \
	X31(xo, M_X, PPC_SHIFT, (flags) | PPC_RC, arg, name, "a,t,b")
#define COPYX(xo, mask, name, form) X31(xo, mask, PPC_COPY, 0, 0, name, form)
#define REFUSEX(xo, name, why) X31(xo, M_X, PPC_REFUSED, 0, 0, name, why)

#define PRIVILEGED "it is privileged"
#define OWN_TRAP   "it raises a trap of its own"
#define IS_TM	   "a trap aborts transactions"
#define IS_PASTE   "a trap loses what copy and paste are about"

#define REFUSE19(xo, name, why) \
	{OP(19) | XO(xo), M_X, PPC_REFUSED, 0, 0, name, why}
#define CRLOGIC(xo, op, name) \
	{OP(19) | XO(xo), M_X0, PPC_CRLOGIC, 0, op, name, "1,2,3"}

static const struct ppc_entry entries[] = {
	{PPC_TRAP_WORD, ALL, PPC_REFUSED, 0, 0, "trap",
	 "it is a breakpoint already"},
	{OP(0), M_OP, PPC_REFUSED, 0, 0, "illegal", "it is no instruction"},
	{OP(2), M_OP, PPC_REFUSED, 0, 0, "tdi", OWN_TRAP},
	{OP(3), M_OP, PPC_REFUSED, 0, 0, "twi", OWN_TRAP},
	{OP(4), M_OP, PPC_COPY, 0, 0, "vector", "w"},
	{OP(6), 0xfc00000e, PPC_COPY, 0, 0, "vsx pair", "w"},
	{OP(7), M_OP, PPC_MUL, 0, MUL_LI, "mulli", "t,a,i"},
	{OP(8), M_OP, PPC_ADD, 0, ADD_SI | ADD_NOT | ADD_PLUS1 | ADD_CA,
	 "subfic", "t,a,i"},
	{OP(10), 0xfc600000, PPC_CMP, 0, CMP_LOGICAL | CMP_IMM, "cmplwi",
	 "c,a,u"},
	{OP(10) | 1 << 21, 0xfc600000, PPC_CMP, PPC_ONLY64,
	 CMP_LOGICAL | CMP_IMM, "cmpldi", "c,a,u"},
	{OP(11), 0xfc600000, PPC_CMP, 0, CMP_IMM, "cmpwi", "c,a,i"},
	{OP(11) | 1 << 21, 0xfc600000, PPC_CMP, PPC_ONLY64, CMP_IMM, "cmpdi",
	 "c,a,i"},
	{OP(12), M_OP, PPC_ADD, 0, ADD_SI | ADD_CA, "addic", "t,a,i"},
	{OP(13), M_OP, PPC_ADD, PPC_RC_ALWAYS, ADD_SI | ADD_CA, "addic.",
	 "t,a,i"},
	{OP(14), 0xfc1f0000, PPC_ADD, 0, ADD_SI | ADD_RA0, "li", "t,i"},
	{OP(14), M_OP, PPC_ADD, 0, ADD_SI | ADD_RA0, "addi", "t,a,i"},
	{OP(15), 0xfc1f0000, PPC_ADD, 0, ADD_SI16 | ADD_RA0, "lis", "t,i"},
	{OP(15), M_OP, PPC_ADD, 0, ADD_SI16 | ADD_RA0, "addis", "t,a,i"},
	{OP(16), M_OP, PPC_BC, PPC_LK, 0, "bc", "o,k"},
	{OP(17) | 2, ALL, PPC_SC, 0, 0, "sc", ""},
	{OP(17) | 2, M_DS, PPC_REFUSED, 0, 0, "sc",
	 "it calls the hypervisor"},
	{OP(17) | 1, 0xfffff01f, PPC_SC, 0, 0, "scv", "V"},
	{OP(18), M_OP, PPC_B, PPC_LK, 0, "b", "j"},

	/* ---- 19 ---- */
	{OP(19), 0xfc63ffff, PPC_MCRF, 0, 0, "mcrf", "c,C"},
	{OP(19) | XO(2), 0xfc00003e, PPC_ADDPCIS, 0, 0, "addpcis",
	 "t,n"},
	{OP(19) | XO(16), 0xfc00e7fe, PPC_BCLR, PPC_LK, 0, "bclr", "o"},
	{OP(19) | XO(528), 0xfc00e7fe, PPC_BCCTR, PPC_LK, 0, "bcctr", "o"},
	{OP(19) | XO(560), 0xfc00e7fe, PPC_BCTAR, PPC_LK, 0, "bctar", "o"},
	CRLOGIC(33, LOGIC_NOR, "crnor"),
	CRLOGIC(129, LOGIC_ANDC, "crandc"),
	CRLOGIC(193, LOGIC_XOR, "crxor"),
	CRLOGIC(225, LOGIC_NAND, "crnand"),
	CRLOGIC(257, LOGIC_AND, "crand"),
	CRLOGIC(289, LOGIC_EQV, "creqv"),
	CRLOGIC(417, LOGIC_ORC, "crorc"),
	CRLOGIC(449, LOGIC_OR, "cror"),
	{OP(19) | XO(150), ALL, PPC_COPY, 0, 0, "isync", ""},
	REFUSE19(18, "rfid", PRIVILEGED),
	REFUSE19(38, "rfmci", PRIVILEGED),
	REFUSE19(39, "rfdi", PRIVILEGED),
	REFUSE19(50, "rfi", PRIVILEGED),
	REFUSE19(51, "rfci", PRIVILEGED),
	REFUSE19(82, "rfscv", PRIVILEGED),
	REFUSE19(102, "rfgi", PRIVILEGED),
	REFUSE19(146, "rfebb", "it returns from an event"),
	REFUSE19(274, "hrfid", PRIVILEGED),
	REFUSE19(370, "stop", PRIVILEGED),
	REFUSE19(402, "doze", PRIVILEGED),
	REFUSE19(434, "nap", PRIVILEGED),
	REFUSE19(466, "sleep", PRIVILEGED),
	REFUSE19(498, "rvwinkle", PRIVILEGED),

	/* ---- rotates, logical ---- */
	{OP(20), M_OP, PPC_ROTATE, PPC_RC, ROTATE_IMI, "rlwimi", "a,t,h,x,y"},
	{OP(21), M_OP, PPC_ROTATE, PPC_RC, ROTATE_INM, "rlwinm", "a,t,h,x,y"},
	{OP(23), M_OP, PPC_ROTATE, PPC_RC, ROTATE_NM, "rlwnm", "a,t,b,x,y"},
	{OP(24), ALL, PPC_LOGIC, 0, LOGIC_OR | LOGIC_UI, "nop", ""},
	{OP(24), M_OP, PPC_LOGIC, 0, LOGIC_OR | LOGIC_UI, "ori", "a,t,u"},
	{OP(25), M_OP, PPC_LOGIC, 0, LOGIC_OR | LOGIC_UI16, "oris", "a,t,u"},
	{OP(26), M_OP, PPC_LOGIC, 0, LOGIC_XOR | LOGIC_UI, "xori", "a,t,u"},
	{OP(27), M_OP, PPC_LOGIC, 0, LOGIC_XOR | LOGIC_UI16, "xoris", "a,t,u"},
	{OP(28), M_OP, PPC_LOGIC, PPC_RC_ALWAYS, LOGIC_AND | LOGIC_UI, "andi.",
	 "a,t,u"},
	{OP(29), M_OP, PPC_LOGIC, PPC_RC_ALWAYS, LOGIC_AND | LOGIC_UI16,
	 "andis.", "a,t,u"},
	{OP(30), M_MD, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_ICL, "rldicl",
	 "a,t,H,M"},
	{OP(30) | 4, M_MD, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_ICR,
	 "rldicr", "a,t,H,M"},
	{OP(30) | 8, M_MD, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_IC,
	 "rldic", "a,t,H,M"},
	{OP(30) | 12, M_MD, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_IMI,
	 "rldimi", "a,t,H,M"},
	{OP(30) | 16, M_MDS, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_CL,
	 "rldcl", "a,t,b,M"},
	{OP(30) | 18, M_MDS, PPC_ROTATE64, PPC_RC | PPC_ONLY64, ROTATE_CR,
	 "rldcr", "a,t,b,M"},

	/* ---- 31: arithmetic ---- */
	ADDX(266, M_XO, ADD_RB, "add", "t,a,b"),
	ADDX(40, M_XO, ADD_RB | ADD_NOT | ADD_PLUS1, "subf", "t,a,b"),
	ADDX(10, M_XO, ADD_RB | ADD_CA, "addc", "t,a,b"),
	ADDX(8, M_XO, ADD_RB | ADD_NOT | ADD_PLUS1 | ADD_CA, "subfc", "t,a,b"),
	ADDX(138, M_XO, ADD_RB | ADD_PLUSCA | ADD_CA, "adde", "t,a,b"),
	ADDX(136, M_XO, ADD_RB | ADD_NOT | ADD_PLUSCA | ADD_CA, "subfe",
	     "t,a,b"),
	ADDX(202, M_XORA, ADD_ZERO | ADD_PLUSCA | ADD_CA, "addze", "t,a"),
	ADDX(200, M_XORA, ADD_ZERO | ADD_NOT | ADD_PLUSCA | ADD_CA, "subfze",
	     "t,a"),
	ADDX(234, M_XORA, ADD_ONES | ADD_PLUSCA | ADD_CA, "addme", "t,a"),
	ADDX(232, M_XORA, ADD_ONES | ADD_NOT | ADD_PLUSCA | ADD_CA, "subfme",
	     "t,a"),
	ADDX(104, M_XORA, ADD_ZERO | ADD_NOT | ADD_PLUS1, "neg", "t,a"),
	X31(235, M_XO, PPC_MUL, PPC_RC | PPC_OE, MUL_LW, "mullw", "t,a,b"),
	X31(233, M_XO, PPC_MUL, PPC_RC | PPC_OE | PPC_ONLY64, MUL_LD, "mulld",
	    "t,a,b"),
	X31(75, M_XOH, PPC_MUL, PPC_RC | PPC_ONLY32, MUL_HW, "mulhw", "t,a,b"),
	X31(11, M_XOH, PPC_MUL, PPC_RC | PPC_ONLY32, MUL_HWU, "mulhwu",
	    "t,a,b"),
	X31(73, M_XOH, PPC_MUL, PPC_RC | PPC_ONLY64, MUL_HD, "mulhd", "t,a,b"),
	X31(9, M_XOH, PPC_MUL, PPC_RC | PPC_ONLY64, MUL_HDU, "mulhdu",
	    "t,a,b"),
	X31(491, M_XO, PPC_DIV, PPC_RC | PPC_OE | PPC_ONLY32, 0, "divw",
	    "t,a,b"),
	X31(459, M_XO, PPC_DIV, PPC_RC | PPC_OE | PPC_ONLY32, DIV_UNSIGNED,
	    "divwu", "t,a,b"),
	X31(489, M_XO, PPC_DIV, PPC_RC | PPC_OE | PPC_ONLY64, DIV_64, "divd",
	    "t,a,b"),
	X31(457, M_XO, PPC_DIV, PPC_RC | PPC_OE | PPC_ONLY64,
	    DIV_UNSIGNED | DIV_64, "divdu", "t,a,b"),
	X31(427, M_XO, PPC_COPY, PPC_RC | PPC_OE, 0, "divwe", "t,a,b"),
	X31(395, M_XO, PPC_COPY, PPC_RC | PPC_OE, 0, "divweu", "t,a,b"),
	X31(425, M_XO, PPC_COPY, PPC_RC | PPC_OE, 0, "divde", "t,a,b"),
	X31(393, M_XO, PPC_COPY, PPC_RC | PPC_OE, 0, "divdeu", "t,a,b"),
	COPYX(779, M_X0, "modsw", "t,a,b"),
	COPYX(267, M_X0, "moduw", "t,a,b"),
	COPYX(777, M_X0, "modsd", "t,a,b"),
	COPYX(265, M_X0, "modud", "t,a,b"),
	COPYX(170, 0xfc0001ff, "addex", "t,a,b"),
	COPYX(74, M_X0, "addg6s", "t,a,b"),
	COPYX(755, 0xfc1cffff, "darn", "t"),

	/* ---- 31: compare, logical, shift ---- */
	X31(0, 0xfc6007ff, PPC_CMP, 0, 0, "cmpw", "c,a,b"),
	{OP(31) | 1 << 21, 0xfc6007ff, PPC_CMP, PPC_ONLY64, 0, "cmpd",
	 "c,a,b"},
	X31(32, 0xfc6007ff, PPC_CMP, 0, CMP_LOGICAL, "cmplw", "c,a,b"),
	{OP(31) | XO(32) | 1 << 21, 0xfc6007ff, PPC_CMP, PPC_ONLY64,
	 CMP_LOGICAL, "cmpld", "c,a,b"},
	COPYX(192, 0xfc4007ff, "cmprb", "c,a,b"),
	COPYX(224, 0xfc6007ff, "cmpeqb", "c,a,b"),
	{OP(31) | 15 << 1, M_A, PPC_ISEL, PPC_NEWER, 0, "isel", "t,z,b,4"},
	LOGICX(28, LOGIC_AND, "and"),
	LOGICX(444, LOGIC_OR, "or"),
	LOGICX(316, LOGIC_XOR, "xor"),
	LOGICX(476, LOGIC_NAND, "nand"),
	LOGICX(124, LOGIC_NOR, "nor"),
	LOGICX(284, LOGIC_EQV, "eqv"),
	LOGICX(60, LOGIC_ANDC, "andc"),
	LOGICX(412, LOGIC_ORC, "orc"),
	UNARYX(954, M_XRTRC, PPC_RC, UNARY_EXTSB, "extsb"),
	UNARYX(922, M_XRTRC, PPC_RC, UNARY_EXTSH, "extsh"),
	UNARYX(986, M_XRTRC, PPC_RC | PPC_ONLY64, UNARY_EXTSW, "extsw"),
	UNARYX(26, M_XRTRC, PPC_RC, UNARY_CNTLZW, "cntlzw"),
	UNARYX(58, M_XRTRC, PPC_RC | PPC_ONLY64, UNARY_CNTLZD, "cntlzd"),
	UNARYX(122, M_XRT, PPC_NEWER, UNARY_POPCNTB, "popcntb"),
	UNARYX(378, M_XRT, PPC_NEWER, UNARY_POPCNTW, "popcntw"),
	UNARYX(506, M_XRT, PPC_NEWER, UNARY_POPCNTD, "popcntd"),
	X31(538, M_XRTRC, PPC_COPY, PPC_RC, 0, "cnttzw", "a,t"),
	X31(570, M_XRTRC, PPC_COPY, PPC_RC, 0, "cnttzd", "a,t"),
	SHIFTX(24, 0, SHIFT_LEFT, "slw"),
	SHIFTX(536, 0, SHIFT_RIGHT, "srw"),
	SHIFTX(792, 0, SHIFT_ALGEBRAIC, "sraw"),
	X31(824, M_X, PPC_SHIFT, PPC_RC, SHIFT_ALGEBRAIC | SHIFT_IMM, "srawi",
	    "a,t,h"),
	SHIFTX(27, PPC_ONLY64, SHIFT_LEFT | SHIFT_64, "sld"),
	SHIFTX(539, PPC_ONLY64, SHIFT_RIGHT | SHIFT_64, "srd"),
	SHIFTX(794, PPC_ONLY64, SHIFT_ALGEBRAIC | SHIFT_64, "srad"),
	{OP(31) | 413 << 2, 0xfc0007fc, PPC_SHIFT, PPC_RC | PPC_ONLY64,
	 SHIFT_ALGEBRAIC | SHIFT_64 | SHIFT_IMM, "sradi", "a,t,H"},
	{OP(31) | 445 << 2, 0xfc0007fc, PPC_COPY, PPC_RC, 0, "extswsli",
	 "a,t,H"},
	COPYX(508, M_X0, "cmpb", "a,t,b"),
	COPYX(252, M_X0, "bpermd", "a,t,b"),
	COPYX(154, M_XRT, "prtyw", "a,t"),
	COPYX(186, M_XRT, "prtyd", "a,t"),
	COPYX(155, M_XRT, "brw", "a,t"),
	COPYX(187, M_XRT, "brd", "a,t"),
	COPYX(219, M_XRT, "brh", "a,t"),
	COPYX(282, M_XRT, "cdtbcd", "a,t"),
	COPYX(314, M_XRT, "cbcdtd", "a,t"),
	COPYX(59, M_X0, "cntlzdm", "a,t,b"),
	COPYX(571, M_X0, "cnttzdm", "a,t,b"),
	COPYX(156, M_X0, "pdepd", "a,t,b"),
	COPYX(188, M_X0, "pextd", "a,t,b"),
	COPYX(220, M_X0, "cfuged", "a,t,b"),
	COPYX(384, M_XRT, "setbc", "t,2"),
	COPYX(416, M_XRT, "setbcr", "t,2"),
	COPYX(448, M_XRT, "setnbc", "t,2"),
	COPYX(480, M_XRT, "setnbcr", "t,2"),
	COPYX(128, 0xfc03ffff, "setb", "t,C"),

	/* ---- 31: special registers ---- */
	X31(19, 0xfc1fffff, PPC_MFCR, 0, 0, "mfcr", "t"),
	COPYX(19 + (1 << 19), 0xfc100fff, "mfocrf", "t,p"),
	X31(144, 0xfc000fff, PPC_MTCRF, 0, 0, "mtcrf", "p,t"),
	COPYX(512, 0xfc7fffff, "mcrxr", "c"),
	COPYX(576, 0xfc7fffff, "mcrxrx", "c"),
	X31(339, M_X0, PPC_MFSPR, 0, 0, "mfspr", "t,S"),
	X31(467, M_X0, PPC_MTSPR, 0, 0, "mtspr", "S,t"),
	COPYX(371, M_X0, "mftb", "t,S"),
	COPYX(51, 0xfc00fffe, "mfvsrd", "a,v"),
	COPYX(115, 0xfc00fffe, "mfvsrwz", "a,v"),
	COPYX(307, 0xfc00fffe, "mfvsrld", "a,v"),
	COPYX(179, 0xfc00fffe, "mtvsrd", "v,a"),
	COPYX(211, 0xfc00fffe, "mtvsrwa", "v,a"),
	COPYX(243, 0xfc00fffe, "mtvsrwz", "v,a"),
	COPYX(403, 0xfc00fffe, "mtvsrws", "v,a"),
	COPYX(435, M_X, "mtvsrdd", "v,z,b"),
	COPYX(177, 0xfc60ffff, "accumulator", "w"),

	/* ---- loads and stores ---- */
	LOAD(32, "lwz", 4),
	LOAD(34, "lbz", 1),
	LOAD(40, "lhz", 2),
	LOAD(42, "lha", 2 | MEM_SIGNED),
	STORE(36, "stw", 4),
	STORE(38, "stb", 1),
	STORE(44, "sth", 2),
	{OP(46), M_OP, PPC_MULTIPLE, 0, 4, "lmw", "t,m"},
	{OP(47), M_OP, PPC_MULTIPLE, 0, 4 | MEM_STORE, "stmw", "t,m"},
	{OP(58), M_DS, PPC_LOAD, PPC_ONLY64, 8 | MEM_DS, "ld", "t,d"},
	{OP(58) | 1, M_DS, PPC_LOAD, PPC_ONLY64, 8 | MEM_DS | MEM_UPDATE,
	 "ldu", "t,d"},
	{OP(58) | 2, M_DS, PPC_LOAD, PPC_ONLY64, 4 | MEM_DS | MEM_SIGNED,
	 "lwa", "t,d"},
	{OP(62), M_DS, PPC_STORE, PPC_ONLY64, 8 | MEM_DS | MEM_STORE, "std",
	 "t,d"},
	{OP(62) | 1, M_DS, PPC_STORE, PPC_ONLY64,
	 8 | MEM_DS | MEM_STORE | MEM_UPDATE, "stdu", "t,d"},
	{OP(62) | 2, M_DS, PPC_COPY, 0, 0, "stq", "t,d"},
	{OP(56), M_DQ, PPC_COPY, 0, 0, "lq", "t,q"},
	FLOAT(48, "lfs"),
	FLOAT(49, "lfsu"),
	FLOAT(50, "lfd"),
	FLOAT(51, "lfdu"),
	FLOAT(52, "stfs"),
	FLOAT(53, "stfsu"),
	FLOAT(54, "stfd"),
	FLOAT(55, "stfdu"),
	{OP(57), M_DS, PPC_COPY, 0, 0, "lfdp", "f,d"},
	{OP(57) | 2, M_DS, PPC_COPY, 0, 0, "lxsd", "r,d"},
	{OP(57) | 3, M_DS, PPC_COPY, 0, 0, "lxssp", "r,d"},
	{OP(61), M_DS, PPC_COPY, 0, 0, "stfdp", "f,d"},
	{OP(61) | 2, M_DS, PPC_COPY, 0, 0, "stxsd", "r,d"},
	{OP(61) | 3, M_DS, PPC_COPY, 0, 0, "stxssp", "r,d"},
	{OP(61) | 1, 0xfc000007, PPC_COPY, 0, 0, "lxv", "X,q"},
	{OP(61) | 5, 0xfc000007, PPC_COPY, 0, 0, "stxv", "X,q"},

	LOADX(23, "lwzx", 4),
	LOADX(55, "lwzux", 4 | MEM_UPDATE),
	LOADX(87, "lbzx", 1),
	LOADX(119, "lbzux", 1 | MEM_UPDATE),
	LOADX(279, "lhzx", 2),
	LOADX(311, "lhzux", 2 | MEM_UPDATE),
	LOADX(343, "lhax", 2 | MEM_SIGNED),
	LOADX(375, "lhaux", 2 | MEM_SIGNED | MEM_UPDATE),
	LOADX(534, "lwbrx", 4 | MEM_REVERSED),
	LOADX(790, "lhbrx", 2 | MEM_REVERSED),
	STOREX(151, "stwx", 4),
	STOREX(183, "stwux", 4 | MEM_UPDATE),
	STOREX(215, "stbx", 1),
	STOREX(247, "stbux", 1 | MEM_UPDATE),
	STOREX(407, "sthx", 2),
	STOREX(439, "sthux", 2 | MEM_UPDATE),
	STOREX(662, "stwbrx", 4 | MEM_REVERSED),
	STOREX(918, "sthbrx", 2 | MEM_REVERSED),
#define ONLY64X(xo, op, arg, name) \
	X31(xo, M_X0, op, PPC_ONLY64, (arg) | MEM_INDEXED, name, "t,z,b")
	ONLY64X(21, PPC_LOAD, 8, "ldx"),
	ONLY64X(53, PPC_LOAD, 8 | MEM_UPDATE, "ldux"),
	ONLY64X(341, PPC_LOAD, 4 | MEM_SIGNED, "lwax"),
	ONLY64X(373, PPC_LOAD, 4 | MEM_SIGNED | MEM_UPDATE, "lwaux"),
	ONLY64X(149, PPC_STORE, 8 | MEM_STORE, "stdx"),
	ONLY64X(181, PPC_STORE, 8 | MEM_STORE | MEM_UPDATE, "stdux"),
	X31(532, M_X0, PPC_LOAD, PPC_NEWER, 8 | MEM_INDEXED | MEM_REVERSED,
	    "ldbrx", "t,z,b"),
	X31(660, M_X0, PPC_STORE, PPC_NEWER,
	    8 | MEM_INDEXED | MEM_REVERSED | MEM_STORE, "stdbrx", "t,z,b"),
	COPYX(533, M_X0, "lswx", "t,z,b"),
	COPYX(597, M_X0, "lswi", "t,z,5"),
	COPYX(661, M_X0, "stswx", "t,z,b"),
	COPYX(725, M_X0, "stswi", "t,z,5"),
	COPYX(582, M_X0, "lwat", "t,a,5"),
	COPYX(614, M_X0, "ldat", "t,a,5"),
	COPYX(710, M_X0, "stwat", "t,a,5"),
	COPYX(742, M_X0, "stdat", "t,a,5"),
	COPYX(722, M_X, "hashst", "w"),
	COPYX(754, M_X, "hashchk", "w"),

	/* ---- 31: floating point and vector memory ---- */
#define FLOATX(xo, name) COPYX(xo, M_X0, name, "f,z,b")
#define VECTORX(xo, name) COPYX(xo, M_X0, name, "r,z,b")
#define VSXX(xo, name) COPYX(xo, M_X, name, "v,z,b")
	FLOATX(535, "lfsx"), FLOATX(567, "lfsux"), FLOATX(599, "lfdx"),
	FLOATX(631, "lfdux"), FLOATX(663, "stfsx"), FLOATX(695, "stfsux"),
	FLOATX(727, "stfdx"), FLOATX(759, "stfdux"), FLOATX(791, "lfdpx"),
	FLOATX(919, "stfdpx"), FLOATX(855, "lfiwax"), FLOATX(887, "lfiwzx"),
	FLOATX(983, "stfiwx"),
	VECTORX(6, "lvsl"), VECTORX(38, "lvsr"), VECTORX(7, "lvebx"),
	VECTORX(39, "lvehx"), VECTORX(71, "lvewx"), VECTORX(103, "lvx"),
	VECTORX(359, "lvxl"), VECTORX(135, "stvebx"), VECTORX(167, "stvehx"),
	VECTORX(199, "stvewx"), VECTORX(231, "stvx"), VECTORX(487, "stvxl"),
	VSXX(12, "lxsiwzx"), VSXX(76, "lxsiwax"), VSXX(140, "stxsiwx"),
	VSXX(13, "lxvrbx"), VSXX(45, "lxvrhx"), VSXX(77, "lxvrwx"),
	VSXX(109, "lxvrdx"), VSXX(141, "stxvrbx"), VSXX(173, "stxvrhx"),
	VSXX(205, "stxvrwx"), VSXX(237, "stxvrdx"), VSXX(268, "lxvx"),
	VSXX(300, "lxvx"), VSXX(269, "lxvl"), VSXX(301, "lxvll"),
	VSXX(332, "lxvdsx"), VSXX(364, "lxvwsx"), VSXX(396, "stxvx"),
	VSXX(397, "stxvl"), VSXX(429, "stxvll"), VSXX(524, "lxsspx"),
	VSXX(588, "lxsdx"), VSXX(652, "stxsspx"), VSXX(716, "stxsdx"),
	VSXX(780, "lxvw4x"), VSXX(812, "lxvh8x"), VSXX(844, "lxvd2x"),
	VSXX(876, "lxvb16x"), VSXX(908, "stxvw4x"), VSXX(940, "stxvh8x"),
	VSXX(972, "stxvd2x"), VSXX(1004, "stxvb16x"), VSXX(781, "lxsibzx"),
	VSXX(813, "lxsihzx"), VSXX(909, "stxsibx"), VSXX(941, "stxsihx"),
	VECTORX(333, "lxvpx"), VECTORX(461, "stxvpx"),

	/* ---- 31: caches, order, reservations ---- */
#define CACHE(xo, name) COPYX(xo, M_X0, name, "w")
	COPYX(598, 0xff1cffff, "sync", "L"),
	COPYX(854, ALL, "eieio", ""),
	COPYX(30, 0xff9cffff, "wait", ""),
	COPYX(62, ALL, "wait", ""),
	CACHE(54, "dcbst"), CACHE(86, "dcbf"), CACHE(246, "dcbtst"),
	CACHE(278, "dcbt"), CACHE(758, "dcba"), CACHE(982, "icbi"),
	CACHE(22, "icbt"), CACHE(1014, "dcbz"),
#define LARX(xo, name) \
	X31(xo, M_X, PPC_LARX, 0, 0, name, "t,z,b")
#define STCX(xo, name) \
	{OP(31) | XO(xo) | 1, M_X0, PPC_STCX, 0, 0, name, "t,z,b"}
	LARX(20, "lwarx"), LARX(52, "lbarx"), LARX(84, "ldarx"),
	LARX(116, "lharx"), LARX(276, "lqarx"),
	STCX(150, "stwcx."), STCX(182, "stqcx."), STCX(214, "stdcx."),
	STCX(694, "stbcx."), STCX(726, "sthcx."),
	{OP(31) | XO(774) | 1 << 21, M_XRARB, PPC_REFUSED, 0, 0, "copy",
	 IS_PASTE},
	REFUSEX(902, "paste.", IS_PASTE),
	REFUSEX(838, "cp_abort", IS_PASTE),

	/* ---- 31: refused ---- */
	REFUSEX(4, "tw", OWN_TRAP), REFUSEX(68, "td", OWN_TRAP),
	REFUSEX(654, "tbegin.", IS_TM), REFUSEX(686, "tend.", IS_TM),
	REFUSEX(718, "tcheck", IS_TM), REFUSEX(750, "tsr.", IS_TM),
	REFUSEX(782, "tabortwc.", IS_TM), REFUSEX(814, "tabortdc.", IS_TM),
	REFUSEX(846, "tabortwci.", IS_TM), REFUSEX(878, "tabortdci.", IS_TM),
	REFUSEX(910, "tabort.", IS_TM), REFUSEX(942, "treclaim.", IS_TM),
	REFUSEX(1006, "trechkpt.", IS_TM),
	REFUSEX(83, "mfmsr", PRIVILEGED), REFUSEX(146, "mtmsr", PRIVILEGED),
	REFUSEX(178, "mtmsrd", PRIVILEGED), REFUSEX(131, "wrtee", PRIVILEGED),
	REFUSEX(163, "wrteei", PRIVILEGED), REFUSEX(210, "mtsr", PRIVILEGED),
	REFUSEX(242, "mtsrin", PRIVILEGED), REFUSEX(595, "mfsr", PRIVILEGED),
	REFUSEX(659, "mfsrin", PRIVILEGED), REFUSEX(470, "dcbi", PRIVILEGED),
	REFUSEX(306, "tlbie", PRIVILEGED), REFUSEX(274, "tlbiel", PRIVILEGED),
	REFUSEX(370, "tlbia", PRIVILEGED), REFUSEX(566, "tlbsync", PRIVILEGED),
	REFUSEX(402, "slbmte", PRIVILEGED), REFUSEX(434, "slbie", PRIVILEGED),
	REFUSEX(466, "slbieg", PRIVILEGED), REFUSEX(498, "slbia", PRIVILEGED),
	REFUSEX(338, "slbsync", PRIVILEGED), REFUSEX(850, "slbiag", PRIVILEGED),
	REFUSEX(851, "slbmfev", PRIVILEGED), REFUSEX(915, "slbmfee", PRIVILEGED),
	REFUSEX(979, "slbfee.", PRIVILEGED), REFUSEX(142, "msgsndp", PRIVILEGED),
	REFUSEX(174, "msgclrp", PRIVILEGED), REFUSEX(206, "msgsnd", PRIVILEGED),
	REFUSEX(238, "msgclr", PRIVILEGED), REFUSEX(886, "msgsync", PRIVILEGED),
	REFUSEX(302, "mfbhrbe", "it reads the history of branches"),
	REFUSEX(430, "clrbhrb", "it clears the history of branches"),
	REFUSEX(658, "hashstp", PRIVILEGED), REFUSEX(690, "hashchkp", PRIVILEGED),
	REFUSEX(853, "lbzcix", PRIVILEGED), REFUSEX(821, "lhzcix", PRIVILEGED),
	REFUSEX(789, "lwzcix", PRIVILEGED), REFUSEX(885, "ldcix", PRIVILEGED),
	REFUSEX(981, "stbcix", PRIVILEGED), REFUSEX(949, "sthcix", PRIVILEGED),
	REFUSEX(917, "stwcix", PRIVILEGED), REFUSEX(1013, "stdcix", PRIVILEGED),

	{OP(59), M_OP, PPC_COPY, 0, 0, "float", "w"},
	{OP(60), M_OP, PPC_COPY, 0, 0, "vsx", "w"},
	{OP(63), M_OP, PPC_COPY, 0, 0, "float", "w"},
};

/* ---- prefixed ------------------------------------------------------------ */

#define P_8LS	   0x04000000
#define P_8RR	   0x05000000
#define P_MLS	   0x06000000
#define P_PNOP	   0x07000000
#define P_MMIRR	   0x07900000
#define M_LS	   0xffec0000 /* all but R and the displacement */
#define M_RR	   0xfff00000
#define P(prefix, mask, op, name) \
	{prefix, mask, PPC_COPY, op, 0, name, "p"}

/* By the prefix; flags is the suffix' primary opcode. */
static const struct ppc_entry prefixed[] = {
	P(P_MLS, M_LS, 14, "paddi"),
	P(P_MLS, M_LS, 32, "plwz"),    P(P_MLS, M_LS, 34, "plbz"),
	P(P_MLS, M_LS, 36, "pstw"),    P(P_MLS, M_LS, 38, "pstb"),
	P(P_MLS, M_LS, 40, "plhz"),    P(P_MLS, M_LS, 42, "plha"),
	P(P_MLS, M_LS, 44, "psth"),    P(P_MLS, M_LS, 48, "plfs"),
	P(P_MLS, M_LS, 50, "plfd"),    P(P_MLS, M_LS, 52, "pstfs"),
	P(P_MLS, M_LS, 54, "pstfd"),
	P(P_8LS, M_LS, 41, "plwa"),    P(P_8LS, M_LS, 42, "plxsd"),
	P(P_8LS, M_LS, 43, "plxssp"),  P(P_8LS, M_LS, 46, "pstxsd"),
	P(P_8LS, M_LS, 47, "pstxssp"), P(P_8LS, M_LS, 50, "plxv"),
	P(P_8LS, M_LS, 51, "plxv"),    P(P_8LS, M_LS, 54, "pstxv"),
	P(P_8LS, M_LS, 55, "pstxv"),   P(P_8LS, M_LS, 56, "plq"),
	P(P_8LS, M_LS, 57, "pld"),     P(P_8LS, M_LS, 58, "plxvp"),
	P(P_8LS, M_LS, 60, "pstq"),    P(P_8LS, M_LS, 61, "pstd"),
	P(P_8LS, M_LS, 62, "pstxvp"),
	P(P_8RR, M_RR, 32, "prefixed vsx"),
	P(P_8RR, M_RR, 33, "prefixed vsx"),
	P(P_8RR, M_RR, 34, "prefixed vsx"),
	P(P_MMIRR, M_RR, 59, "prefixed vsx"),
	P(P_PNOP, UINT32_MAX, 0, "pnop"),
};

static const struct ppc_entry *find_prefixed(uint32_t word, uint32_t suffix)
{
	for (size_t i = 0; i < sizeof(prefixed) / sizeof(*prefixed); i++) {
		const struct ppc_entry *e = &prefixed[i];

		if ((word & e->mask) != e->match || suffix >> 26 != e->flags)
			continue;
		/* from its own address, and from a register: invalid */
		if (ppc_is_pcrel(word) && ppc_ra(suffix))
			return NULL;
		return e;
	}
	return NULL;
}

const struct ppc_entry *ppc_find(uint32_t word, uint32_t suffix)
{
	if (ppc_is_prefix(word))
		return find_prefixed(word, suffix);
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		if ((word & entries[i].mask) == entries[i].match)
			return &entries[i];
	return NULL;
}
