#ifndef NAMES_H
#define NAMES_H
#include <stddef.h>

#define LIMIT 20
#define TWICE(x) ((x) + (x))

enum color { RED, GREEN = 5, BLUE };
struct node {
	struct node *next;
	int value : 12, rest : 20;
	char name[8];
};
typedef struct node node_t;

extern int count(const struct node *list, int (*match)(int));
struct node *first(void);
static inline int zero(void)
{
	return (0);
}
int table[] = {1, 2, 3};
#endif
