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

struct owner {
	explicit owner(int *q) : p(q) {}
	owner(const owner &o) : p(o.p) {}
	~owner() { p = nullptr; }
	int *p;
};

// Returned through a hidden pointer, small as it is.
KEEP owner make_owner(int *q, long n)
{
	return owner(n ? q : nullptr);
}

// Not trivial to copy: its address is passed.
KEEP int by_value(int before, std::string s, int after)
{
	return (int)s.size() + before + after;
}

int main(int argc, char **)
{
	shop::crate c(argc);
	std::string s = "x";

	int n = 7;
	owner o = make_owner(&n, 99);

	c.price = 1 + *o.p + by_value(5, "abc", 6);
	return free_function(s, &c) + shop::twice(3) +
	       (int)shop::twice<double>(1.5) + c(2) + c.total(c, 1.0L) == 0;
}
