// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Victim: throws through frames of v_middle(), which has a destructor to run,
// and counts by itself how often each function was entered and left.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

static unsigned long entered, returned, unwound, caught;

struct guard {
	bool done = false;
	~guard()
	{
		if (!done)
			unwound++;
	}
};

extern "C" {
int v_middle(int depth, int round);
int v_thrower(int round);
}

__attribute__((noinline, noclone)) int v_thrower(int round)
{
	if (round % 3 == 0)
		throw std::runtime_error("round " + std::to_string(round));
	return round;
}

__attribute__((noinline, noclone)) int v_middle(int depth, int round)
{
	guard g;
	int value;

	entered++;
	value = depth ? v_middle(depth - 1, round) + 1 : v_thrower(round);
	g.done = true;
	returned++;
	return value;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 300;
	unsigned long sum = 0;

	for (int i = 0; i < rounds; i++) {
		try {
			sum += v_middle(i % 8, i);
		} catch (const std::exception &e) {
			caught++;
			sum += std::string(e.what()).size();
		}
	}
	printf("entered %lu\nreturned %lu\nunwound %lu\ncaught %lu\nsum %lu\n",
	       entered, returned, unwound, caught, sum);
	return 9;
}
