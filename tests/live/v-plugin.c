/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A library that v-loads opens; STEP is what makes one differ from another.
 */
unsigned p_call(unsigned i);

__attribute__((noinline)) unsigned p_call(unsigned i)
{
	return i * STEP + 1;
}
