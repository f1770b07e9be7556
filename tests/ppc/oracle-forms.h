/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instruction forms that oracle-run.c executes. F(kind, mask, assembly): bits
 * in the mask are chosen anew for each run. Registers 1, 4 and 5 point into
 * data, 6 is a small index, the link register points into text; and so does
 * CTR for TARGET forms, else it is small half of the time. What comes behind
 * the first instruction stays behind it.
 */
enum form_kind {
	FORM_ANY,
	FORM_TARGET,
	FORM_RT,     /* the mask is for RT, which is none of 0 to 6 */
	FORM_WORD,   /* all at random: slots may be out of reach */
};

/* Masks: which fields are free. */
#define RTAB "0x03fff800" /* RT, RA, RB, or SH */
#define RTA "0x03ff0000"
#define RT1 "0x03e00000"
#define IMM "0x03ffffff" /* RT, RA and a number */
#define ROT "0x03fffffe"
#define MDF "0x03ffffe2"
#define MDS "0x03ffffe0"
#define CMP "0x039ff800"
#define CMPI "0x039fffff"
#define COND "0x03ff0000" /* BO, BI */
#define COND4 "0x037f0000" /* BO but for its third bit */
#define NONE "0"

#define A(text) F("0", RTAB, text) F("0", RTAB, text) /* where it matters */
#define AR(name, ops) A(name " " ops) A(name ". " ops)
#define AO(name, ops) AR(name, ops) AR(name "o", ops)
#define U(name) F("0", RTA, name " 3,4") F("0", RTA, name ". 3,4")
#define UO(name) U(name) U(name "o")
#define M(text) F("0", NONE, text) F("2", RT1, text)
#define MEM(name) M(name " 7,0(1)") M(name " 8,-64(1)") M(name " 9,24(4)")
#define MEMU(name) F("2", RT1, name " 7,-32(1)") F("2", RT1, name " 8,48(5)")
#define MEMX(name) M(name " 7,1,6") M(name " 8,4,6") M(name " 9,0,5")
#define MEMUX(name) F("2", RT1, name " 7,1,6") F("2", RT1, name " 8,5,6")
#define N(text) F("0", NONE, text)

#define FORMS_ALU                                                              \
	AO("add", "3,4,5") AO("subf", "3,4,5") AO("addc", "3,4,5")             \
	AO("subfc", "3,4,5") AO("adde", "3,4,5") AO("subfe", "3,4,5")          \
	UO("addze") UO("subfze") UO("addme") UO("subfme") UO("neg")            \
	AO("mullw", "3,4,5") AR("mulhw", "3,4,5") AR("mulhwu", "3,4,5")        \
	AO("divw", "3,4,5") AO("divwu", "3,4,5")                               \
	AR("and", "3,4,5") AR("or", "3,4,5") AR("xor", "3,4,5")                \
	AR("nand", "3,4,5") AR("nor", "3,4,5") AR("eqv", "3,4,5")              \
	AR("andc", "3,4,5") AR("orc", "3,4,5") AR("slw", "3,4,5")              \
	AR("srw", "3,4,5") AR("sraw", "3,4,5") AR("srawi", "3,4,5")            \
	N("slw 3,7,6") N("srw. 3,7,6") N("sraw 3,7,6") N("sraw. 7,7,6")        \
	U("extsb") U("extsh") U("cntlzw")                                      \
	F("0", IMM, "addi 3,4,5") F("0", IMM, "addi 3,4,5")                    \
	F("0", IMM, "addis 3,4,5") F("0", IMM, "addic 3,4,5")                  \
	F("0", IMM, "addic. 3,4,5") F("0", IMM, "subfic 3,4,5")                \
	F("0", IMM, "mulli 3,4,5") F("0", IMM, "ori 3,4,5")                    \
	F("0", IMM, "oris 3,4,5") F("0", IMM, "xori 3,4,5")                    \
	F("0", IMM, "xoris 3,4,5") F("0", IMM, "andi. 3,4,5")                  \
	F("0", IMM, "andis. 3,4,5")                                            \
	N("li 3,-1") N("lis 3,-1") N("mr 3,4") N("mr. 3,4") N("nop")           \
	N("addi 1,1,-32") N("addic 3,3,0") N("subfic 3,3,0")                   \
	F("0", ROT, "rlwinm 3,4,5,6,7") F("0", ROT, "rlwinm. 3,4,5,6,7")       \
	F("0", ROT, "rlwimi 3,4,5,6,7") F("0", ROT, "rlwimi. 3,4,5,6,7")       \
	F("0", ROT, "rlwnm 3,4,5,6,7") F("0", ROT, "rlwnm. 3,4,5,6,7")         \
	F("0", CMP, "cmpw 0,3,4") F("0", CMP, "cmplw 0,3,4")                   \
	F("0", CMPI, "cmpwi 0,3,4") F("0", CMPI, "cmplwi 0,3,4")               \
	N("cmpw 7,3,3") N("cmpwi 3,6,0") N("cmplwi 6,0")                       \
	A("isel 3,4,5,6") A("isel 3,0,5,31")                                   \
	F("0", RTAB, "crand 1,2,3") F("0", RTAB, "crandc 1,2,3")               \
	F("0", RTAB, "cror 1,2,3") F("0", RTAB, "crorc 1,2,3")                 \
	F("0", RTAB, "crxor 1,2,3") F("0", RTAB, "crnand 1,2,3")               \
	F("0", RTAB, "crnor 1,2,3") F("0", RTAB, "creqv 1,2,3")                \
	F("0", "0x039c0000", "mcrf 1,2")                                       \
	F("0", RT1, "mfcr 3") F("0", "0x03eff000", "mtcrf 0xff,3")             \
	F("0", RT1, "mtocrf 0x40,3") F("0", RT1, "mtocrf 1,3")                 \
	F("0", "0x03eff000", "mtocrf 0x40,3")                                  \
	F("0", RT1, "mfocrf 3,0x40") F("0", RT1, "mflr 3")                     \
	F("0", RT1, "mtlr 3") F("0", RT1, "mfctr 3") F("0", RT1, "mtctr 3")    \
	F("0", RT1, "mfxer 3") F("0", RT1, "mtxer 3")                          \
	N("mtxer 6") N("mtlr 0") N("mflr 0") N("mfspr 3,256")                  \
	N("mtspr 256,3") N("isync") N("sync") N("lwsync") N("eieio")

#define FORMS_ALU64                                                            \
	AO("mulld", "3,4,5") AR("mulhd", "3,4,5") AR("mulhdu", "3,4,5")        \
	AO("divd", "3,4,5") AO("divdu", "3,4,5") AR("sld", "3,4,5")            \
	AR("srd", "3,4,5") AR("srad", "3,4,5") N("sld 3,7,6")                  \
	N("srd 3,7,6") N("srad. 3,7,6") U("extsw") U("cntlzd")                 \
	F("0", "0x03fff802", "sradi 3,4,5") F("0", "0x03fff802", "sradi. 3,4,5")\
	F("0", MDF, "rldicl 3,4,5,6") F("0", MDF, "rldicl. 3,4,5,6")           \
	F("0", MDF, "rldicr 3,4,5,6") F("0", MDF, "rldicr. 3,4,5,6")           \
	F("0", MDF, "rldic 3,4,5,6") F("0", MDF, "rldic. 3,4,5,6")             \
	F("0", MDF, "rldimi 3,4,5,6") F("0", MDF, "rldimi. 3,4,5,6")           \
	F("0", MDS, "rldcl 3,4,5,6") F("0", MDS, "rldcl. 3,4,5,6")             \
	F("0", MDS, "rldcr 3,4,5,6") F("0", MDS, "rldcr. 3,4,5,6")             \
	F("0", CMP, "cmpd 0,3,4") F("0", CMP, "cmpld 0,3,4")                   \
	F("0", CMPI, "cmpdi 0,3,4") F("0", CMPI, "cmpldi 0,3,4")               \
	N("cmpd 7,3,3") N("cmpldi 6,0") A("cmpb 3,4,5")                        \
	F("0", RTA, "popcntb 3,4") F("0", RTA, "popcntw 3,4")                  \
	F("0", RTA, "popcntd 3,4") U("cnttzd") U("cnttzw")                     \
	A("modsd 3,4,5") A("moduw 3,4,5") A("divde 3,4,5")                     \
	A("addex 3,4,5,0") F("0", RTA, "prtyd 3,4") N("mcrxrx 3")              \
	N("setb 3,1") F("0", "0x03ffffc1", "addpcis 3,0")                      \
	N("addpcis 3,0") N("addpcis 3,-1") N("addpcis 0,1")                    \
	F("0", "0x03fff802", "extswsli 3,4,5") A("maddld 3,4,5,6")             \
	A("bpermd 3,4,5") N("mfspr 3,815") N("mtspr 815,3")

#define FORMS_MEM                                                              \
	MEM("lwz") MEM("lbz") MEM("lhz") MEM("lha") MEM("stw") MEM("stb")      \
	MEM("sth") MEMU("lwzu") MEMU("lbzu") MEMU("lhzu") MEMU("lhau")         \
	MEMU("stwu") MEMU("stbu") MEMU("sthu") MEMX("lwzx") MEMX("lbzx")       \
	MEMX("lhzx") MEMX("lhax") MEMX("stwx") MEMX("stbx") MEMX("sthx")       \
	MEMX("lwbrx") MEMX("lhbrx") MEMX("stwbrx") MEMX("sthbrx")              \
	MEMUX("lwzux") MEMUX("lbzux") MEMUX("lhzux") MEMUX("lhaux")            \
	MEMUX("stwux") MEMUX("stbux") MEMUX("sthux")                           \
	N("stwu 1,-64(1)") N("stw 1,8(1)") N("lwz 1,0(1)") N("stwux 1,1,6")    \
	N("lwz 3,0(0)") N("stw 3,0x100(0)") N("lbz 3,0(3)") N("stw 7,0(7)")    \
	N("dcbz 0,4") N("dcbt 0,4") N("dcbst 0,4") N("icbi 0,4")               \
	N("lwarx 7,0,4; stwcx. 8,0,4") N("lwarx 7,0,4")

#define FORMS_MULTIPLE                                                         \
	N("lmw 29,8(1)") N("stmw 29,8(1)") N("stmw 14,-72(1)") N(".long 0xb8010000")      \
	N("lmw 14,-72(1)") N("stmw 31,0(1)") N("stmw 0,0(1)") N("lmw 2,4(1)")  \
	N("lmw 30,0(4)") N("lswi 7,4,12") N("stswi 7,4,12")

#define FORMS_MEM64                                                            \
	MEM("ld") MEM("lwa") MEM("std") MEMU("ldu") MEMU("stdu") MEMX("ldx")   \
	MEMX("lwax") MEMX("stdx") MEMX("ldbrx") MEMX("stdbrx") MEMUX("ldux")   \
	MEMUX("lwaux") MEMUX("stdux") N("stdu 1,-64(1)") N("std 1,0(1)")       \
	N("ld 1,0(1)") N("stdux 1,1,6") N("std 0,16(1)") N("ld 0,16(1)")       \
	N("std 31,-8(1)") N("std 2,24(1)") N("ld 2,24(1)")                     \
	N("ldarx 7,0,4; stdcx. 8,0,4") N("ldarx 7,0,4")                        \
	N("lbarx 7,0,4; stbcx. 8,0,4") N("lq 8,0(4)") N("stq 8,0(4)")

#define FORMS_FLOAT                                                            \
	N("lfd 1,0(4)") N("lfs 1,0(4)") N("stfd 1,8(1)") N("stfs 1,8(1)")      \
	N("lfdu 1,8(4)") N("stfdx 1,4,6") N("lfsux 3,4,6") N("fadd 1,2,3")     \
	N("fmul. 1,2,3") N("fmr 1,2") N("fneg 1,2") N("fctiwz 1,2")            \
	N("fcmpu 1,2,3") N("mffs 1") N("mtfsf 255,1") N("fmadd 1,2,3,4")       \
	N("fdivs 1,2,3") N("stfiwx 1,0,4") N("frsp 1,2")                       \
	N("lvx 1,0,4") N("stvx 1,0,4") N("vadduwm 1,2,3") N("vor 1,2,2")       \
	N("lvsl 1,4,6") N("vcmpequb. 1,2,3") N("vperm 1,2,3,4")                \
	N("stvewx 1,0,4") N("mfvscr 1") N("vspltisw 1,-1")

#define FORMS_VSX                                                              \
	N("lxvd2x 33,0,4") N("stxvd2x 33,0,4") N("lxv 34,16(4)")               \
	N("stxv 34,16(4)") N("lxsd 1,0(4)") N("stxsd 1,8(4)")                  \
	N("xxlor 33,34,35") N("xsadddp 33,34,35") N("mfvsrd 3,33")             \
	N("mtvsrd 33,3") N("mtvsrdd 33,3,4") N("lxsiwzx 33,0,4")               \
	N("stxsiwx 33,0,4") N("fcfid 1,2") N("fctidz 1,2") N("lfiwax 1,0,4")

#define FORMS_BRANCH                                                           \
	N("b . + 0x40") N("b . - 0x40") N("b . + 4") N("b . + 0x2000")         \
	N("bl . + 0x40") N("bl . - 0x100") N("bl . + 4") N("bcl 20,31,. + 4")  \
	N("ba 0x1000100") N("bla 0x1000100")                                   \
	F("0", COND, "bc 12,2,. + 0x40") F("0", COND, "bc 12,2,. - 0x40")      \
	F("0", COND, "bcl 12,2,. + 0x40") F("0", COND, "bcl 4,2,. + 8")        \
	F("0", COND, "bc 16,2,. + 4") F("0", COND, "bc 16,2,. + 4")            \
	F("0", COND, "bc 12,2,. + 0x400") F("0", COND, "bcl 8,3,. + 0x40")     \
	N("beq . + 0x20") N("bne . + 0x20") N("bdnz . - 0x20")                 \
	N("bdz . + 0x20") N("bdnzt 2,. + 0x20") N("bcl 12,2,. + 0x20")         \
	N("blr") N("blrl") N("beqlr") N("bdnzlr") N("bnelr 7")                 \
	F("0", COND, "bclr 12,2") F("0", COND, "bclr 16,2")                    \
	F("1", NONE, "bctr") F("1", NONE, "bctrl") F("1", NONE, "beqctr")      \
	F("1", COND4, "bcctr 12,2") F("1", COND4, "bcctrl 12,2")               \
	F("1", COND4, "bcctrl 4,2") F("1", NONE, "beqctrl")

/* POWER10: an illegal instruction to others. */
#define FORMS_PREFIXED                                                         \
	N("paddi 3,4,0x12345678") N("pli 3,-5") N("paddi 3,0,64,1")\
	N("paddi 3,0,-0x800,1") N("pld 7,8(4)") N("pstd 7,16(4)")              \
	N("pld 7,0x400(0),1") N("plwz 7,0x400(0),1") N("pstd 7,0x400(0),1")    \
	N("pstw 7,-0x400(0),1") N("plfd 1,0x400(0),1") N("plxv 33,0x400(0),1") \
	N("pstxv 33,0x400(0),1") N("pnop") N("pstb 7,3(4)") N("plha 7,2(1)")   \
	N("xxspltiw 33,5") N("pstfs 1,4(4)") N("plq 8,0(4)")                   \
	F("0", RTA, "setbc 3,4") A("pdepd 3,4,5") F("0", RTA, "brw 3,4")
