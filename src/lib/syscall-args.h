/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The system calls that tracepoints have, and the names of their arguments, as
 * Linux 6.18 has them. "*": a pointer, "-": a signed number, else unsigned.
 * Data; included once.
 */
#define SYSCALL_ARGS(X) \
	X(accept, "-fd *upeer_sockaddr *upeer_addrlen") \
	X(accept4, "-fd *upeer_sockaddr *upeer_addrlen -flags") \
	X(access, "*filename -mode") \
	X(acct, "*name") \
	X(add_key, "*_type *_description *_payload plen -ringid") \
	X(adjtimex, "*txc_p") \
	X(alarm, "seconds") \
	X(arch_prctl, "-option arg2") \
	X(bind, "-fd *umyaddr -addrlen") \
	X(bpf, "-cmd *uattr size") \
	X(brk, "brk") \
	X(cachestat, "fd *cstat_range *cstat flags") \
	X(capget, "-header -dataptr") \
	X(capset, "-header -data") \
	X(chdir, "*filename") \
	X(chmod, "*filename mode") \
	X(chown, "*filename user group") \
	X(chroot, "*filename") \
	X(clock_adjtime, "-which_clock *utx") \
	X(clock_getres, "-which_clock *tp") \
	X(clock_gettime, "-which_clock *tp") \
	X(clock_nanosleep, "-which_clock -flags *rqtp *rmtp") \
	X(clock_settime, "-which_clock *tp") \
	X(clone, "clone_flags newsp *parent_tidptr *child_tidptr tls") \
	X(clone3, "*uargs size") \
	X(close, "fd") \
	X(close_range, "fd max_fd flags") \
	X(connect, "-fd *uservaddr -addrlen") \
	X(copy_file_range, "-fd_in *off_in -fd_out *off_out len flags") \
	X(creat, "*pathname mode") \
	X(dup, "fildes") \
	X(dup2, "oldfd newfd") \
	X(dup3, "oldfd newfd -flags") \
	X(epoll_create, "-size") \
	X(epoll_create1, "-flags") \
	X(epoll_ctl, "-epfd -op -fd *event") \
	X(epoll_pwait, "-epfd *events -maxevents -timeout *sigmask sigsetsize") \
	X(epoll_pwait2, "-epfd *events -maxevents *timeout *sigmask sigsetsize") \
	X(epoll_wait, "-epfd *events -maxevents -timeout") \
	X(eventfd, "count") \
	X(eventfd2, "count -flags") \
	X(execve, "*filename *argv *envp") \
	X(execveat, "-fd *filename *argv *envp -flags") \
	X(exit, "-error_code") \
	X(exit_group, "-error_code") \
	X(faccessat, "-dfd *filename -mode") \
	X(faccessat2, "-dfd *filename -mode -flags") \
	X(fadvise64, "-fd -offset len -advice") \
	X(fallocate, "-fd -mode -offset -len") \
	X(fanotify_init, "flags event_f_flags") \
	X(fanotify_mark, "-fanotify_fd flags mask -dfd *pathname") \
	X(fchdir, "fd") \
	X(fchmod, "fd mode") \
	X(fchmodat, "-dfd *filename mode") \
	X(fchmodat2, "-dfd *filename mode flags") \
	X(fchown, "fd user group") \
	X(fchownat, "-dfd *filename user group -flag") \
	X(fcntl, "fd cmd arg") \
	X(fdatasync, "fd") \
	X(fgetxattr, "-fd *name *value size") \
	X(file_getattr, "-dfd *filename *ufattr usize at_flags") \
	X(file_setattr, "-dfd *filename *ufattr usize at_flags") \
	X(flistxattr, "-fd *list size") \
	X(flock, "fd cmd") \
	X(fork, "") \
	X(fremovexattr, "-fd *name") \
	X(fsconfig, "-fd cmd *_key *_value -aux") \
	X(fsetxattr, "-fd *name *value size -flags") \
	X(fsmount, "-fs_fd flags attr_flags") \
	X(fsopen, "*_fs_name flags") \
	X(fspick, "-dfd *path flags") \
	X(fstatfs, "fd *buf") \
	X(fsync, "fd") \
	X(ftruncate, "fd -length") \
	X(futex, "*uaddr -op val *utime *uaddr2 val3") \
	X(futex_requeue, "*waiters flags -nr_wake -nr_requeue") \
	X(futex_wait, "*uaddr val mask flags *timeout -clockid") \
	X(futex_waitv, "*waiters nr_futexes flags *timeout -clockid") \
	X(futex_wake, "*uaddr mask -nr flags") \
	X(futimesat, "-dfd *filename *utimes") \
	X(get_mempolicy, "*policy *nmask maxnode addr flags") \
	X(get_robust_list, "-pid *head_ptr *len_ptr") \
	X(getcpu, "*cpup *nodep *unused") \
	X(getcwd, "*buf size") \
	X(getdents, "fd *dirent count") \
	X(getdents64, "fd *dirent count") \
	X(getegid, "") \
	X(geteuid, "") \
	X(getgid, "") \
	X(getgroups, "-gidsetsize *grouplist") \
	X(getitimer, "-which *value") \
	X(getpeername, "-fd *usockaddr *usockaddr_len") \
	X(getpgid, "-pid") \
	X(getpgrp, "") \
	X(getpid, "") \
	X(getppid, "") \
	X(getpriority, "-which -who") \
	X(getrandom, "*ubuf len flags") \
	X(getresgid, "*rgidp *egidp *sgidp") \
	X(getresuid, "*ruidp *euidp *suidp") \
	X(getrlimit, "resource *rlim") \
	X(getrusage, "-who *ru") \
	X(getsid, "-pid") \
	X(getsockname, "-fd *usockaddr *usockaddr_len") \
	X(getsockopt, "-fd -level -optname *optval *optlen") \
	X(gettid, "") \
	X(gettimeofday, "*tv *tz") \
	X(getuid, "") \
	X(getxattr, "*pathname *name *value size") \
	X(getxattrat, "-dfd *pathname at_flags *name *uargs usize") \
	X(inotify_add_watch, "-fd *pathname mask") \
	X(inotify_init, "") \
	X(inotify_init1, "-flags") \
	X(inotify_rm_watch, "-fd -wd") \
	X(io_cancel, "ctx_id *iocb *result") \
	X(io_destroy, "ctx") \
	X(io_getevents, "ctx_id -min_nr -nr *events *timeout") \
	X(io_pgetevents, "ctx_id -min_nr -nr *events *timeout *usig") \
	X(io_setup, "nr_events *ctxp") \
	X(io_submit, "ctx_id -nr *iocbpp") \
	X(io_uring_enter, "fd to_submit min_complete flags *argp argsz") \
	X(io_uring_register, "fd opcode *arg nr_args") \
	X(io_uring_setup, "entries *params") \
	X(ioctl, "fd cmd arg") \
	X(ioperm, "from num -turn_on") \
	X(iopl, "level") \
	X(ioprio_get, "-which -who") \
	X(ioprio_set, "-which -who -ioprio") \
	X(kcmp, "-pid1 -pid2 -type idx1 idx2") \
	X(keyctl, "-option arg2 arg3 arg4 arg5") \
	X(kill, "-pid -sig") \
	X(landlock_add_rule, "-ruleset_fd -rule_type *rule_attr flags") \
	X(landlock_create_ruleset, "*attr size flags") \
	X(landlock_restrict_self, "-ruleset_fd flags") \
	X(lchown, "*filename user group") \
	X(lgetxattr, "*pathname *name *value size") \
	X(link, "*oldname *newname") \
	X(linkat, "-olddfd *oldname -newdfd *newname -flags") \
	X(listen, "-fd -backlog") \
	X(listmount, "*req *mnt_ids nr_mnt_ids flags") \
	X(listxattr, "*pathname *list size") \
	X(listxattrat, "-dfd *pathname at_flags *list size") \
	X(llistxattr, "*pathname *list size") \
	X(lremovexattr, "*pathname *name") \
	X(lseek, "fd -offset whence") \
	X(lsetxattr, "*pathname *name *value size -flags") \
	X(lsm_get_self_attr, "attr *ctx *size flags") \
	X(lsm_list_modules, "*ids *size flags") \
	X(lsm_set_self_attr, "attr *ctx size flags") \
	X(madvise, "start len_in -behavior") \
	X(mbind, "start len mode *nmask maxnode flags") \
	X(membarrier, "-cmd flags -cpu_id") \
	X(memfd_create, "*uname flags") \
	X(memfd_secret, "flags") \
	X(migrate_pages, "-pid maxnode *old_nodes *new_nodes") \
	X(mincore, "start len *vec") \
	X(mkdir, "*pathname mode") \
	X(mkdirat, "-dfd *pathname mode") \
	X(mknod, "*filename mode dev") \
	X(mknodat, "-dfd *filename mode dev") \
	X(mlock, "start len") \
	X(mlock2, "start len -flags") \
	X(mlockall, "-flags") \
	X(mmap, "addr len prot flags fd off") \
	X(modify_ldt, "-func *ptr bytecount") \
	X(mount, "*dev_name *dir_name *type flags *data") \
	X(mount_setattr, "-dfd *path flags *uattr usize") \
	X(move_mount, "-from_dfd *from_pathname -to_dfd *to_pathname flags") \
	X(move_pages, "-pid nr_pages *pages *nodes *status -flags") \
	X(mprotect, "start len prot") \
	X(mq_getsetattr, "-mqdes *u_mqstat *u_omqstat") \
	X(mq_notify, "-mqdes *u_notification") \
	X(mq_open, "*u_name -oflag mode *u_attr") \
	X(mq_timedreceive, "-mqdes *u_msg_ptr msg_len *u_msg_prio *u_abs_timeout") \
	X(mq_timedsend, "-mqdes *u_msg_ptr msg_len msg_prio *u_abs_timeout") \
	X(mq_unlink, "*u_name") \
	X(mremap, "addr old_len new_len flags new_addr") \
	X(mseal, "start len flags") \
	X(msgctl, "-msqid -cmd *buf") \
	X(msgget, "-key -msgflg") \
	X(msgrcv, "-msqid *msgp msgsz -msgtyp -msgflg") \
	X(msgsnd, "-msqid *msgp msgsz -msgflg") \
	X(msync, "start len -flags") \
	X(munlock, "start len") \
	X(munlockall, "") \
	X(munmap, "addr len") \
	X(name_to_handle_at, "-dfd *name *handle *mnt_id -flag") \
	X(nanosleep, "*rqtp *rmtp") \
	X(newfstat, "fd *statbuf") \
	X(newfstatat, "-dfd *filename *statbuf -flag") \
	X(newlstat, "*filename *statbuf") \
	X(newstat, "*filename *statbuf") \
	X(newuname, "*name") \
	X(open, "*filename -flags mode") \
	X(open_by_handle_at, "-mountdirfd *handle -flags") \
	X(open_tree, "-dfd *filename flags") \
	X(open_tree_attr, "-dfd *filename flags *uattr usize") \
	X(openat, "-dfd *filename -flags mode") \
	X(openat2, "-dfd *filename *how usize") \
	X(pause, "") \
	X(perf_event_open, "*attr_uptr -pid -cpu -group_fd flags") \
	X(personality, "personality") \
	X(pidfd_getfd, "-pidfd -fd flags") \
	X(pidfd_open, "-pid flags") \
	X(pidfd_send_signal, "-pidfd -sig *info flags") \
	X(pipe, "*fildes") \
	X(pipe2, "*fildes -flags") \
	X(pivot_root, "*new_root *put_old") \
	X(pkey_alloc, "flags init_val") \
	X(pkey_free, "-pkey") \
	X(pkey_mprotect, "start len prot -pkey") \
	X(poll, "*ufds nfds -timeout_msecs") \
	X(ppoll, "*ufds nfds *tsp *sigmask sigsetsize") \
	X(prctl, "-option arg2 arg3 arg4 arg5") \
	X(pread64, "fd *buf count -pos") \
	X(preadv, "fd *vec vlen pos_l pos_h") \
	X(preadv2, "fd *vec vlen pos_l pos_h -flags") \
	X(prlimit64, "-pid resource *new_rlim *old_rlim") \
	X(process_madvise, "-pidfd *vec vlen -behavior flags") \
	X(process_mrelease, "-pidfd flags") \
	X(process_vm_readv, "-pid *lvec liovcnt *rvec riovcnt flags") \
	X(process_vm_writev, "-pid *lvec liovcnt *rvec riovcnt flags") \
	X(pselect6, "-n *inp *outp *exp *tsp *sig") \
	X(ptrace, "-request -pid addr data") \
	X(pwrite64, "fd *buf count -pos") \
	X(pwritev, "fd *vec vlen pos_l pos_h") \
	X(pwritev2, "fd *vec vlen pos_l pos_h -flags") \
	X(quotactl, "cmd *special id *addr") \
	X(quotactl_fd, "fd cmd id *addr") \
	X(read, "fd *buf count") \
	X(readahead, "-fd -offset count") \
	X(readlink, "*path *buf -bufsiz") \
	X(readlinkat, "-dfd *pathname *buf -bufsiz") \
	X(readv, "fd *vec vlen") \
	X(reboot, "-magic1 -magic2 cmd *arg") \
	X(recvfrom, "-fd *ubuf size flags *addr *addr_len") \
	X(recvmmsg, "-fd *mmsg vlen flags *timeout") \
	X(recvmsg, "-fd *msg flags") \
	X(remap_file_pages, "start size prot pgoff flags") \
	X(removexattr, "*pathname *name") \
	X(removexattrat, "-dfd *pathname at_flags *name") \
	X(rename, "*oldname *newname") \
	X(renameat, "-olddfd *oldname -newdfd *newname") \
	X(renameat2, "-olddfd *oldname -newdfd *newname flags") \
	X(request_key, "*_type *_description *_callout_info -destringid") \
	X(restart_syscall, "") \
	X(rmdir, "*pathname") \
	X(rseq, "*rseq rseq_len -flags sig") \
	X(rt_sigaction, "-sig *act *oact sigsetsize") \
	X(rt_sigpending, "*uset sigsetsize") \
	X(rt_sigprocmask, "-how *nset *oset sigsetsize") \
	X(rt_sigqueueinfo, "-pid -sig *uinfo") \
	X(rt_sigreturn, "") \
	X(rt_sigsuspend, "*unewset sigsetsize") \
	X(rt_sigtimedwait, "*uthese *uinfo *uts sigsetsize") \
	X(rt_tgsigqueueinfo, "-tgid -pid -sig *uinfo") \
	X(sched_get_priority_max, "-policy") \
	X(sched_get_priority_min, "-policy") \
	X(sched_getaffinity, "-pid len *user_mask_ptr") \
	X(sched_getattr, "-pid *uattr usize flags") \
	X(sched_getparam, "-pid *param") \
	X(sched_getscheduler, "-pid") \
	X(sched_rr_get_interval, "-pid *interval") \
	X(sched_setaffinity, "-pid len *user_mask_ptr") \
	X(sched_setattr, "-pid *uattr flags") \
	X(sched_setparam, "-pid *param") \
	X(sched_setscheduler, "-pid -policy *param") \
	X(sched_yield, "") \
	X(seccomp, "op flags *uargs") \
	X(select, "-n *inp *outp *exp *tvp") \
	X(semctl, "-semid -semnum -cmd arg") \
	X(semget, "-key -nsems -semflg") \
	X(semop, "-semid *tsops nsops") \
	X(semtimedop, "-semid *tsops nsops *timeout") \
	X(sendfile64, "-out_fd -in_fd *offset count") \
	X(sendmmsg, "-fd *mmsg vlen flags") \
	X(sendmsg, "-fd *msg flags") \
	X(sendto, "-fd *buff len flags *addr -addr_len") \
	X(set_mempolicy, "-mode *nmask maxnode") \
	X(set_mempolicy_home_node, "start len home_node flags") \
	X(set_robust_list, "*head len") \
	X(set_tid_address, "*tidptr") \
	X(setdomainname, "*name -len") \
	X(setfsgid, "gid") \
	X(setfsuid, "uid") \
	X(setgid, "gid") \
	X(setgroups, "-gidsetsize *grouplist") \
	X(sethostname, "*name -len") \
	X(setitimer, "-which *value *ovalue") \
	X(setns, "-fd -flags") \
	X(setpgid, "-pid -pgid") \
	X(setpriority, "-which -who -niceval") \
	X(setregid, "rgid egid") \
	X(setresgid, "rgid egid sgid") \
	X(setresuid, "ruid euid suid") \
	X(setreuid, "ruid euid") \
	X(setrlimit, "resource *rlim") \
	X(setsid, "") \
	X(setsockopt, "-fd -level -optname *optval -optlen") \
	X(settimeofday, "*tv *tz") \
	X(setuid, "uid") \
	X(setxattr, "*pathname *name *value size -flags") \
	X(setxattrat, "-dfd *pathname at_flags *name *uargs usize") \
	X(shmat, "-shmid *shmaddr -shmflg") \
	X(shmctl, "-shmid -cmd *buf") \
	X(shmdt, "*shmaddr") \
	X(shmget, "-key size -shmflg") \
	X(shutdown, "-fd -how") \
	X(sigaltstack, "*uss *uoss") \
	X(signalfd, "-ufd *user_mask sizemask") \
	X(signalfd4, "-ufd *user_mask sizemask -flags") \
	X(socket, "-family -type -protocol") \
	X(socketpair, "-family -type -protocol *usockvec") \
	X(splice, "-fd_in *off_in -fd_out *off_out len flags") \
	X(statfs, "*pathname *buf") \
	X(statmount, "*req *buf bufsize flags") \
	X(statx, "-dfd *filename flags mask *buffer") \
	X(swapoff, "*specialfile") \
	X(swapon, "*specialfile -swap_flags") \
	X(symlink, "*oldname *newname") \
	X(symlinkat, "*oldname -newdfd *newname") \
	X(sync, "") \
	X(sync_file_range, "-fd -offset -nbytes flags") \
	X(syncfs, "-fd") \
	X(sysfs, "-option arg1 arg2") \
	X(sysinfo, "*info") \
	X(syslog, "-type *buf -len") \
	X(tee, "-fdin -fdout len flags") \
	X(tgkill, "-tgid -pid -sig") \
	X(time, "*tloc") \
	X(timer_create, "-which_clock *timer_event_spec *created_timer_id") \
	X(timer_delete, "-timer_id") \
	X(timer_getoverrun, "-timer_id") \
	X(timer_gettime, "-timer_id *setting") \
	X(timer_settime, "-timer_id -flags *new_setting *old_setting") \
	X(timerfd_create, "-clockid -flags") \
	X(timerfd_gettime, "-ufd *otmr") \
	X(timerfd_settime, "-ufd -flags *utmr *otmr") \
	X(times, "*tbuf") \
	X(tkill, "-pid -sig") \
	X(truncate, "*path -length") \
	X(umask, "-mask") \
	X(umount, "*name -flags") \
	X(unlink, "*pathname") \
	X(unlinkat, "-dfd *pathname -flag") \
	X(unshare, "unshare_flags") \
	X(uprobe, "") \
	X(uretprobe, "") \
	X(userfaultfd, "-flags") \
	X(ustat, "dev *ubuf") \
	X(utime, "*filename *times") \
	X(utimensat, "-dfd *filename *utimes -flags") \
	X(utimes, "*filename *utimes") \
	X(vfork, "") \
	X(vhangup, "") \
	X(vmsplice, "-fd *uiov nr_segs flags") \
	X(wait4, "-upid *stat_addr -options *ru") \
	X(waitid, "-which -upid *infop -options *ru") \
	X(write, "fd *buf count") \
	X(writev, "fd *vec vlen")

/* Calls that only 32-bit programs have, by their own names. */
#define SYSCALL_ARGS_32(X) \
	X(_llseek, "fd offset_high offset_low *result whence") \
	X(_newselect, "-n *inp *outp *exp *tvp") \
	X(chown32, "*filename user group") \
	X(clock_adjtime64, "-which_clock *utx") \
	X(clock_getres_time64, "-which_clock *tp") \
	X(clock_gettime64, "-which_clock *tp") \
	X(clock_nanosleep_time64, "-which_clock -flags *rqtp *rmtp") \
	X(clock_settime64, "-which_clock *tp") \
	X(fadvise64_64, "-fd offset_low offset_high len_low len_high -advice") \
	X(fchown32, "fd user group") \
	X(fcntl64, "fd cmd arg") \
	X(fstat64, "fd *statbuf") \
	X(fstatat64, "-dfd *filename *statbuf -flag") \
	X(fstatfs64, "fd sz *buf") \
	X(ftruncate64, "fd offset_low offset_high") \
	X(futex_time64, "*uaddr -op val *utime *uaddr2 val3") \
	X(get_thread_area, "*u_info") \
	X(getegid32, "") \
	X(geteuid32, "") \
	X(getgid32, "") \
	X(getgroups32, "-gidsetsize *grouplist") \
	X(getresgid32, "*rgidp *egidp *sgidp") \
	X(getresuid32, "*ruidp *euidp *suidp") \
	X(getuid32, "") \
	X(io_pgetevents_time64, "ctx_id -min_nr -nr *events *timeout *usig") \
	X(ipc, "call -first second third *ptr -fifth") \
	X(lchown32, "*filename user group") \
	X(lstat64, "*filename *statbuf") \
	X(mmap2, "addr len prot flags fd pgoff") \
	X(mq_timedreceive_time64, "-mqdes *u_msg_ptr msg_len *u_msg_prio *u_abs_timeout") \
	X(mq_timedsend_time64, "-mqdes *u_msg_ptr msg_len msg_prio *u_abs_timeout") \
	X(nice, "-increment") \
	X(olduname, "*name") \
	X(ppoll_time64, "*ufds nfds *tsp *sigmask sigsetsize") \
	X(pselect6_time64, "-n *inp *outp *exp *tsp *sig") \
	X(recvmmsg_time64, "-fd *mmsg vlen flags *timeout") \
	X(rt_sigtimedwait_time64, "*uthese *uinfo *uts sigsetsize") \
	X(sched_rr_get_interval_time64, "-pid *interval") \
	X(semtimedop_time64, "-semid *tsops nsops *timeout") \
	X(set_thread_area, "*u_info") \
	X(setfsgid32, "gid") \
	X(setfsuid32, "uid") \
	X(setgid32, "gid") \
	X(setgroups32, "-gidsetsize *grouplist") \
	X(setregid32, "rgid egid") \
	X(setresgid32, "rgid egid sgid") \
	X(setresuid32, "ruid euid suid") \
	X(setreuid32, "ruid euid") \
	X(setuid32, "uid") \
	X(sgetmask, "") \
	X(sigaction, "-sig *act *oact") \
	X(signal, "-sig *handler") \
	X(sigpending, "*uset") \
	X(sigprocmask, "-how *nset *oset") \
	X(sigreturn, "") \
	X(sigsuspend, "-unused1 -unused2 mask") \
	X(socketcall, "-call *args") \
	X(ssetmask, "-newmask") \
	X(stat64, "*filename *statbuf") \
	X(statfs64, "*pathname sz *buf") \
	X(stime, "*tptr") \
	X(timer_gettime64, "-timer_id *setting") \
	X(timer_settime64, "-timer_id -flags *new_setting *old_setting") \
	X(timerfd_gettime64, "-ufd *otmr") \
	X(timerfd_settime64, "-ufd -flags *utmr *otmr") \
	X(truncate64, "*filename offset_low offset_high") \
	X(ugetrlimit, "resource *rlim") \
	X(utimensat_time64, "-dfd *filename *utimes -flags") \
	X(waitpid, "-pid *stat_addr -options")
