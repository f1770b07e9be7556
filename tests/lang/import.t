NAME import: macros, maps, probes, headers; each file once
PROG import "import/lib/macros.bt";
import "import/lib/more.bt"
BEGIN { print((double(4), triple(5), TWICE(LIMIT), BLUE, sizeof(struct node), sizeof(node_t))); @counts[1] = 1; clear(@counts); }
EXPECT
(8, 15, 40, BLUE, 24, 24)
end of macros.bt

NAME include: from the folders of -I, and what is not there
PROG #include <sizes.h>
#include <linux/sched.h>
BEGIN { print(sizeof(union sizes)); }
EXPECT
stdin:2:1-25: WARNING: <linux/sched.h> is not read: types come from the traced program's debug information and from structs declared in the script
#include <linux/sched.h>
^~~~~~~~~~~~~~~~~~~~~~~~
24

NAME import: what is wrong is shown where it is
PROG import "import/broken.bt";
import "import/nothing.bt";
import "import";
#include "sizes.hh"
#include sizes
BEGIN { print(triple(1)); }
EXIT -12
EXPECT
import/broken.bt:1:23-24: ERROR: expected an expression before '}'
macro broken(x) { x + }
                      ^
stdin:2:8-27: ERROR: import/nothing.bt: No such file or directory
import "import/nothing.bt";
       ^~~~~~~~~~~~~~~~~~~
stdin:3:8-16: ERROR: import: it is not a regular file
import "import";
       ^~~~~~~~
stdin:4:1-20: ERROR: sizes.hh: No such file or directory
#include "sizes.hh"
^~~~~~~~~~~~~~~~~~~
stdin:5:1-15: ERROR: this is written #include "FILE"
#include sizes
^~~~~~~~~~~~~~
