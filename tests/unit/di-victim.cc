// SPDX-License-Identifier: LGPL-2.1-or-later
//
// C++ names and types for debuginfo's tests.
#include <string>

#define KEEP __attribute__((noinline, noclone, used))

namespace shop {

struct item {
	int price;
	virtual ~item() {}
};

class crate : public item {
public:
	explicit crate(int n) : count(n) {}
	KEEP int total(int factor) const;
	KEEP int total(const item &other, long double) const;
	KEEP bool operator()(int x) const;

private:
	int count;
	bool open = false;
};

int crate::total(int factor) const
{
	return price * count * factor;
}

int crate::total(const item &other, long double) const
{
	return other.price + open;
}

bool crate::operator()(int x) const
{
	return x > count;
}

template <typename T> KEEP T twice(T v)
{
	return v + v;
}

} // namespace shop

KEEP int free_function(std::string &s, shop::crate *c)
{
	return (int)s.size() + c->total(2);
}

int main(int argc, char **)
{
	shop::crate c(argc);
	std::string s = "x";

	c.price = 1;
	return free_function(s, &c) + shop::twice(3) +
	       (int)shop::twice<double>(1.5) + c(2) + c.total(c, 1.0L) == 0;
}
