/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers and names of the system calls of PowerPC, 64 and 32 bits, as Linux
 * 6.1 has them. Data; included once for each use.
 */
#define SYSCALLS_PPC_64(X) \
	X(0, restart_syscall) X(1, exit) X(2, fork) X(3, read) X(4, write) \
	X(5, open) X(6, close) X(7, waitpid) X(8, creat) X(9, link) \
	X(10, unlink) X(11, execve) X(12, chdir) X(13, time) X(14, mknod) \
	X(15, chmod) X(16, lchown) X(17, break) X(18, oldstat) \
	X(19, lseek) X(20, getpid) X(21, mount) X(22, umount) \
	X(23, setuid) X(24, getuid) X(25, stime) X(26, ptrace) \
	X(27, alarm) X(28, oldfstat) X(29, pause) X(30, utime) X(31, stty) \
	X(32, gtty) X(33, access) X(34, nice) X(35, ftime) X(36, sync) \
	X(37, kill) X(38, rename) X(39, mkdir) X(40, rmdir) X(41, dup) \
	X(42, pipe) X(43, times) X(44, prof) X(45, brk) X(46, setgid) \
	X(47, getgid) X(48, signal) X(49, geteuid) X(50, getegid) \
	X(51, acct) X(52, umount2) X(53, lock) X(54, ioctl) X(55, fcntl) \
	X(56, mpx) X(57, setpgid) X(58, ulimit) X(59, oldolduname) \
	X(60, umask) X(61, chroot) X(62, ustat) X(63, dup2) X(64, getppid) \
	X(65, getpgrp) X(66, setsid) X(67, sigaction) X(68, sgetmask) \
	X(69, ssetmask) X(70, setreuid) X(71, setregid) X(72, sigsuspend) \
	X(73, sigpending) X(74, sethostname) X(75, setrlimit) \
	X(76, getrlimit) X(77, getrusage) X(78, gettimeofday) \
	X(79, settimeofday) X(80, getgroups) X(81, setgroups) \
	X(82, select) X(83, symlink) X(84, oldlstat) X(85, readlink) \
	X(86, uselib) X(87, swapon) X(88, reboot) X(89, readdir) \
	X(90, mmap) X(91, munmap) X(92, truncate) X(93, ftruncate) \
	X(94, fchmod) X(95, fchown) X(96, getpriority) X(97, setpriority) \
	X(98, profil) X(99, statfs) X(100, fstatfs) X(101, ioperm) \
	X(102, socketcall) X(103, syslog) X(104, setitimer) \
	X(105, getitimer) X(106, stat) X(107, lstat) X(108, fstat) \
	X(109, olduname) X(110, iopl) X(111, vhangup) X(112, idle) \
	X(113, vm86) X(114, wait4) X(115, swapoff) X(116, sysinfo) \
	X(117, ipc) X(118, fsync) X(119, sigreturn) X(120, clone) \
	X(121, setdomainname) X(122, uname) X(123, modify_ldt) \
	X(124, adjtimex) X(125, mprotect) X(126, sigprocmask) \
	X(127, create_module) X(128, init_module) X(129, delete_module) \
	X(130, get_kernel_syms) X(131, quotactl) X(132, getpgid) \
	X(133, fchdir) X(134, bdflush) X(135, sysfs) X(136, personality) \
	X(137, afs_syscall) X(138, setfsuid) X(139, setfsgid) \
	X(140, _llseek) X(141, getdents) X(142, _newselect) X(143, flock) \
	X(144, msync) X(145, readv) X(146, writev) X(147, getsid) \
	X(148, fdatasync) X(149, _sysctl) X(150, mlock) X(151, munlock) \
	X(152, mlockall) X(153, munlockall) X(154, sched_setparam) \
	X(155, sched_getparam) X(156, sched_setscheduler) \
	X(157, sched_getscheduler) X(158, sched_yield) \
	X(159, sched_get_priority_max) X(160, sched_get_priority_min) \
	X(161, sched_rr_get_interval) X(162, nanosleep) X(163, mremap) \
	X(164, setresuid) X(165, getresuid) X(166, query_module) \
	X(167, poll) X(168, nfsservctl) X(169, setresgid) \
	X(170, getresgid) X(171, prctl) X(172, rt_sigreturn) \
	X(173, rt_sigaction) X(174, rt_sigprocmask) X(175, rt_sigpending) \
	X(176, rt_sigtimedwait) X(177, rt_sigqueueinfo) \
	X(178, rt_sigsuspend) X(179, pread64) X(180, pwrite64) \
	X(181, chown) X(182, getcwd) X(183, capget) X(184, capset) \
	X(185, sigaltstack) X(186, sendfile) X(187, getpmsg) \
	X(188, putpmsg) X(189, vfork) X(190, ugetrlimit) X(191, readahead) \
	X(198, pciconfig_read) X(199, pciconfig_write) \
	X(200, pciconfig_iobase) X(201, multiplexer) X(202, getdents64) \
	X(203, pivot_root) X(205, madvise) X(206, mincore) X(207, gettid) \
	X(208, tkill) X(209, setxattr) X(210, lsetxattr) X(211, fsetxattr) \
	X(212, getxattr) X(213, lgetxattr) X(214, fgetxattr) \
	X(215, listxattr) X(216, llistxattr) X(217, flistxattr) \
	X(218, removexattr) X(219, lremovexattr) X(220, fremovexattr) \
	X(221, futex) X(222, sched_setaffinity) X(223, sched_getaffinity) \
	X(225, tuxcall) X(227, io_setup) X(228, io_destroy) \
	X(229, io_getevents) X(230, io_submit) X(231, io_cancel) \
	X(232, set_tid_address) X(233, fadvise64) X(234, exit_group) \
	X(235, lookup_dcookie) X(236, epoll_create) X(237, epoll_ctl) \
	X(238, epoll_wait) X(239, remap_file_pages) X(240, timer_create) \
	X(241, timer_settime) X(242, timer_gettime) \
	X(243, timer_getoverrun) X(244, timer_delete) \
	X(245, clock_settime) X(246, clock_gettime) X(247, clock_getres) \
	X(248, clock_nanosleep) X(249, swapcontext) X(250, tgkill) \
	X(251, utimes) X(252, statfs64) X(253, fstatfs64) X(255, rtas) \
	X(256, sys_debug_setcontext) X(258, migrate_pages) X(259, mbind) \
	X(260, get_mempolicy) X(261, set_mempolicy) X(262, mq_open) \
	X(263, mq_unlink) X(264, mq_timedsend) X(265, mq_timedreceive) \
	X(266, mq_notify) X(267, mq_getsetattr) X(268, kexec_load) \
	X(269, add_key) X(270, request_key) X(271, keyctl) X(272, waitid) \
	X(273, ioprio_set) X(274, ioprio_get) X(275, inotify_init) \
	X(276, inotify_add_watch) X(277, inotify_rm_watch) X(278, spu_run) \
	X(279, spu_create) X(280, pselect6) X(281, ppoll) X(282, unshare) \
	X(283, splice) X(284, tee) X(285, vmsplice) X(286, openat) \
	X(287, mkdirat) X(288, mknodat) X(289, fchownat) X(290, futimesat) \
	X(291, newfstatat) X(292, unlinkat) X(293, renameat) \
	X(294, linkat) X(295, symlinkat) X(296, readlinkat) \
	X(297, fchmodat) X(298, faccessat) X(299, get_robust_list) \
	X(300, set_robust_list) X(301, move_pages) X(302, getcpu) \
	X(303, epoll_pwait) X(304, utimensat) X(305, signalfd) \
	X(306, timerfd_create) X(307, eventfd) X(308, sync_file_range2) \
	X(309, fallocate) X(310, subpage_prot) X(311, timerfd_settime) \
	X(312, timerfd_gettime) X(313, signalfd4) X(314, eventfd2) \
	X(315, epoll_create1) X(316, dup3) X(317, pipe2) \
	X(318, inotify_init1) X(319, perf_event_open) X(320, preadv) \
	X(321, pwritev) X(322, rt_tgsigqueueinfo) X(323, fanotify_init) \
	X(324, fanotify_mark) X(325, prlimit64) X(326, socket) \
	X(327, bind) X(328, connect) X(329, listen) X(330, accept) \
	X(331, getsockname) X(332, getpeername) X(333, socketpair) \
	X(334, send) X(335, sendto) X(336, recv) X(337, recvfrom) \
	X(338, shutdown) X(339, setsockopt) X(340, getsockopt) \
	X(341, sendmsg) X(342, recvmsg) X(343, recvmmsg) X(344, accept4) \
	X(345, name_to_handle_at) X(346, open_by_handle_at) \
	X(347, clock_adjtime) X(348, syncfs) X(349, sendmmsg) \
	X(350, setns) X(351, process_vm_readv) X(352, process_vm_writev) \
	X(353, finit_module) X(354, kcmp) X(355, sched_setattr) \
	X(356, sched_getattr) X(357, renameat2) X(358, seccomp) \
	X(359, getrandom) X(360, memfd_create) X(361, bpf) \
	X(362, execveat) X(363, switch_endian) X(364, userfaultfd) \
	X(365, membarrier) X(378, mlock2) X(379, copy_file_range) \
	X(380, preadv2) X(381, pwritev2) X(382, kexec_file_load) \
	X(383, statx) X(384, pkey_alloc) X(385, pkey_free) \
	X(386, pkey_mprotect) X(387, rseq) X(388, io_pgetevents) \
	X(392, semtimedop) X(393, semget) X(394, semctl) X(395, shmget) \
	X(396, shmctl) X(397, shmat) X(398, shmdt) X(399, msgget) \
	X(400, msgsnd) X(401, msgrcv) X(402, msgctl) \
	X(424, pidfd_send_signal) X(425, io_uring_setup) \
	X(426, io_uring_enter) X(427, io_uring_register) X(428, open_tree) \
	X(429, move_mount) X(430, fsopen) X(431, fsconfig) X(432, fsmount) \
	X(433, fspick) X(434, pidfd_open) X(435, clone3) \
	X(436, close_range) X(437, openat2) X(438, pidfd_getfd) \
	X(439, faccessat2) X(440, process_madvise) X(441, epoll_pwait2) \
	X(442, mount_setattr) X(443, quotactl_fd) \
	X(444, landlock_create_ruleset) X(445, landlock_add_rule) \
	X(446, landlock_restrict_self) X(448, process_mrelease) \
	X(449, futex_waitv) X(450, set_mempolicy_home_node)

#define SYSCALLS_PPC_32(X) \
	X(0, restart_syscall) X(1, exit) X(2, fork) X(3, read) X(4, write) \
	X(5, open) X(6, close) X(7, waitpid) X(8, creat) X(9, link) \
	X(10, unlink) X(11, execve) X(12, chdir) X(13, time) X(14, mknod) \
	X(15, chmod) X(16, lchown) X(17, break) X(18, oldstat) \
	X(19, lseek) X(20, getpid) X(21, mount) X(22, umount) \
	X(23, setuid) X(24, getuid) X(25, stime) X(26, ptrace) \
	X(27, alarm) X(28, oldfstat) X(29, pause) X(30, utime) X(31, stty) \
	X(32, gtty) X(33, access) X(34, nice) X(35, ftime) X(36, sync) \
	X(37, kill) X(38, rename) X(39, mkdir) X(40, rmdir) X(41, dup) \
	X(42, pipe) X(43, times) X(44, prof) X(45, brk) X(46, setgid) \
	X(47, getgid) X(48, signal) X(49, geteuid) X(50, getegid) \
	X(51, acct) X(52, umount2) X(53, lock) X(54, ioctl) X(55, fcntl) \
	X(56, mpx) X(57, setpgid) X(58, ulimit) X(59, oldolduname) \
	X(60, umask) X(61, chroot) X(62, ustat) X(63, dup2) X(64, getppid) \
	X(65, getpgrp) X(66, setsid) X(67, sigaction) X(68, sgetmask) \
	X(69, ssetmask) X(70, setreuid) X(71, setregid) X(72, sigsuspend) \
	X(73, sigpending) X(74, sethostname) X(75, setrlimit) \
	X(76, getrlimit) X(77, getrusage) X(78, gettimeofday) \
	X(79, settimeofday) X(80, getgroups) X(81, setgroups) \
	X(82, select) X(83, symlink) X(84, oldlstat) X(85, readlink) \
	X(86, uselib) X(87, swapon) X(88, reboot) X(89, readdir) \
	X(90, mmap) X(91, munmap) X(92, truncate) X(93, ftruncate) \
	X(94, fchmod) X(95, fchown) X(96, getpriority) X(97, setpriority) \
	X(98, profil) X(99, statfs) X(100, fstatfs) X(101, ioperm) \
	X(102, socketcall) X(103, syslog) X(104, setitimer) \
	X(105, getitimer) X(106, stat) X(107, lstat) X(108, fstat) \
	X(109, olduname) X(110, iopl) X(111, vhangup) X(112, idle) \
	X(113, vm86) X(114, wait4) X(115, swapoff) X(116, sysinfo) \
	X(117, ipc) X(118, fsync) X(119, sigreturn) X(120, clone) \
	X(121, setdomainname) X(122, uname) X(123, modify_ldt) \
	X(124, adjtimex) X(125, mprotect) X(126, sigprocmask) \
	X(127, create_module) X(128, init_module) X(129, delete_module) \
	X(130, get_kernel_syms) X(131, quotactl) X(132, getpgid) \
	X(133, fchdir) X(134, bdflush) X(135, sysfs) X(136, personality) \
	X(137, afs_syscall) X(138, setfsuid) X(139, setfsgid) \
	X(140, _llseek) X(141, getdents) X(142, _newselect) X(143, flock) \
	X(144, msync) X(145, readv) X(146, writev) X(147, getsid) \
	X(148, fdatasync) X(149, _sysctl) X(150, mlock) X(151, munlock) \
	X(152, mlockall) X(153, munlockall) X(154, sched_setparam) \
	X(155, sched_getparam) X(156, sched_setscheduler) \
	X(157, sched_getscheduler) X(158, sched_yield) \
	X(159, sched_get_priority_max) X(160, sched_get_priority_min) \
	X(161, sched_rr_get_interval) X(162, nanosleep) X(163, mremap) \
	X(164, setresuid) X(165, getresuid) X(166, query_module) \
	X(167, poll) X(168, nfsservctl) X(169, setresgid) \
	X(170, getresgid) X(171, prctl) X(172, rt_sigreturn) \
	X(173, rt_sigaction) X(174, rt_sigprocmask) X(175, rt_sigpending) \
	X(176, rt_sigtimedwait) X(177, rt_sigqueueinfo) \
	X(178, rt_sigsuspend) X(179, pread64) X(180, pwrite64) \
	X(181, chown) X(182, getcwd) X(183, capget) X(184, capset) \
	X(185, sigaltstack) X(186, sendfile) X(187, getpmsg) \
	X(188, putpmsg) X(189, vfork) X(190, ugetrlimit) X(191, readahead) \
	X(192, mmap2) X(193, truncate64) X(194, ftruncate64) \
	X(195, stat64) X(196, lstat64) X(197, fstat64) \
	X(198, pciconfig_read) X(199, pciconfig_write) \
	X(200, pciconfig_iobase) X(201, multiplexer) X(202, getdents64) \
	X(203, pivot_root) X(204, fcntl64) X(205, madvise) X(206, mincore) \
	X(207, gettid) X(208, tkill) X(209, setxattr) X(210, lsetxattr) \
	X(211, fsetxattr) X(212, getxattr) X(213, lgetxattr) \
	X(214, fgetxattr) X(215, listxattr) X(216, llistxattr) \
	X(217, flistxattr) X(218, removexattr) X(219, lremovexattr) \
	X(220, fremovexattr) X(221, futex) X(222, sched_setaffinity) \
	X(223, sched_getaffinity) X(225, tuxcall) X(226, sendfile64) \
	X(227, io_setup) X(228, io_destroy) X(229, io_getevents) \
	X(230, io_submit) X(231, io_cancel) X(232, set_tid_address) \
	X(233, fadvise64) X(234, exit_group) X(235, lookup_dcookie) \
	X(236, epoll_create) X(237, epoll_ctl) X(238, epoll_wait) \
	X(239, remap_file_pages) X(240, timer_create) \
	X(241, timer_settime) X(242, timer_gettime) \
	X(243, timer_getoverrun) X(244, timer_delete) \
	X(245, clock_settime) X(246, clock_gettime) X(247, clock_getres) \
	X(248, clock_nanosleep) X(249, swapcontext) X(250, tgkill) \
	X(251, utimes) X(252, statfs64) X(253, fstatfs64) \
	X(254, fadvise64_64) X(255, rtas) X(256, sys_debug_setcontext) \
	X(258, migrate_pages) X(259, mbind) X(260, get_mempolicy) \
	X(261, set_mempolicy) X(262, mq_open) X(263, mq_unlink) \
	X(264, mq_timedsend) X(265, mq_timedreceive) X(266, mq_notify) \
	X(267, mq_getsetattr) X(268, kexec_load) X(269, add_key) \
	X(270, request_key) X(271, keyctl) X(272, waitid) \
	X(273, ioprio_set) X(274, ioprio_get) X(275, inotify_init) \
	X(276, inotify_add_watch) X(277, inotify_rm_watch) X(278, spu_run) \
	X(279, spu_create) X(280, pselect6) X(281, ppoll) X(282, unshare) \
	X(283, splice) X(284, tee) X(285, vmsplice) X(286, openat) \
	X(287, mkdirat) X(288, mknodat) X(289, fchownat) X(290, futimesat) \
	X(291, fstatat64) X(292, unlinkat) X(293, renameat) X(294, linkat) \
	X(295, symlinkat) X(296, readlinkat) X(297, fchmodat) \
	X(298, faccessat) X(299, get_robust_list) X(300, set_robust_list) \
	X(301, move_pages) X(302, getcpu) X(303, epoll_pwait) \
	X(304, utimensat) X(305, signalfd) X(306, timerfd_create) \
	X(307, eventfd) X(308, sync_file_range2) X(309, fallocate) \
	X(310, subpage_prot) X(311, timerfd_settime) \
	X(312, timerfd_gettime) X(313, signalfd4) X(314, eventfd2) \
	X(315, epoll_create1) X(316, dup3) X(317, pipe2) \
	X(318, inotify_init1) X(319, perf_event_open) X(320, preadv) \
	X(321, pwritev) X(322, rt_tgsigqueueinfo) X(323, fanotify_init) \
	X(324, fanotify_mark) X(325, prlimit64) X(326, socket) \
	X(327, bind) X(328, connect) X(329, listen) X(330, accept) \
	X(331, getsockname) X(332, getpeername) X(333, socketpair) \
	X(334, send) X(335, sendto) X(336, recv) X(337, recvfrom) \
	X(338, shutdown) X(339, setsockopt) X(340, getsockopt) \
	X(341, sendmsg) X(342, recvmsg) X(343, recvmmsg) X(344, accept4) \
	X(345, name_to_handle_at) X(346, open_by_handle_at) \
	X(347, clock_adjtime) X(348, syncfs) X(349, sendmmsg) \
	X(350, setns) X(351, process_vm_readv) X(352, process_vm_writev) \
	X(353, finit_module) X(354, kcmp) X(355, sched_setattr) \
	X(356, sched_getattr) X(357, renameat2) X(358, seccomp) \
	X(359, getrandom) X(360, memfd_create) X(361, bpf) \
	X(362, execveat) X(363, switch_endian) X(364, userfaultfd) \
	X(365, membarrier) X(378, mlock2) X(379, copy_file_range) \
	X(380, preadv2) X(381, pwritev2) X(382, kexec_file_load) \
	X(383, statx) X(384, pkey_alloc) X(385, pkey_free) \
	X(386, pkey_mprotect) X(387, rseq) X(388, io_pgetevents) \
	X(393, semget) X(394, semctl) X(395, shmget) X(396, shmctl) \
	X(397, shmat) X(398, shmdt) X(399, msgget) X(400, msgsnd) \
	X(401, msgrcv) X(402, msgctl) X(403, clock_gettime64) \
	X(404, clock_settime64) X(405, clock_adjtime64) \
	X(406, clock_getres_time64) X(407, clock_nanosleep_time64) \
	X(408, timer_gettime64) X(409, timer_settime64) \
	X(410, timerfd_gettime64) X(411, timerfd_settime64) \
	X(412, utimensat_time64) X(413, pselect6_time64) \
	X(414, ppoll_time64) X(416, io_pgetevents_time64) \
	X(417, recvmmsg_time64) X(418, mq_timedsend_time64) \
	X(419, mq_timedreceive_time64) X(420, semtimedop_time64) \
	X(421, rt_sigtimedwait_time64) X(422, futex_time64) \
	X(423, sched_rr_get_interval_time64) X(424, pidfd_send_signal) \
	X(425, io_uring_setup) X(426, io_uring_enter) \
	X(427, io_uring_register) X(428, open_tree) X(429, move_mount) \
	X(430, fsopen) X(431, fsconfig) X(432, fsmount) X(433, fspick) \
	X(434, pidfd_open) X(435, clone3) X(436, close_range) \
	X(437, openat2) X(438, pidfd_getfd) X(439, faccessat2) \
	X(440, process_madvise) X(441, epoll_pwait2) X(442, mount_setattr) \
	X(443, quotactl_fd) X(444, landlock_create_ruleset) \
	X(445, landlock_add_rule) X(446, landlock_restrict_self) \
	X(448, process_mrelease) X(449, futex_waitv) \
	X(450, set_mempolicy_home_node)
