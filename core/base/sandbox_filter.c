/*
 * The list of system calls that a sandboxed child has left, as a seccomp filter.
 *
 * It reads and writes what it has open, gets and gives back memory, and can end. A call that names
 * a file gets EACCES: libraries look for files as a matter of course (a table of a charset, say)
 * and do without. Everything else ends the child with SIGSYS.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/sandbox_child.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__arm__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_ARM
#endif

#ifdef ARCH

/* The low half of an argument, where the filter reads 32 bits. */
#define LOW_HALF (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t) + LOW_HALF)

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (skip))
#define WITHOUT(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skip))

#define ALLOW(call) UNLESS(__NR_##call, 1), ANSWER(SECCOMP_RET_ALLOW)
#define DENY(call) UNLESS(__NR_##call, 1), ANSWER(SECCOMP_RET_ERRNO | EACCES)
/* No memory that can be run: argument 2 of both is the protection. */
#define ALLOW_DATA(call)                                                                           \
	UNLESS(__NR_##call, 4), LOAD(ARGUMENT(2)), WITHOUT(PROT_EXEC, 1),                          \
		ANSWER(SECCOMP_RET_KILL_PROCESS), ANSWER(SECCOMP_RET_ALLOW)

int sandbox_filter(void)
{
	struct sock_filter list[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		LOAD(offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(futex),
		ALLOW(brk),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(madvise),
		ALLOW(clock_gettime),
		ALLOW(gettimeofday),
#ifdef __NR_clock_gettime64 /* 32 bits */
		ALLOW(clock_gettime64),
		ALLOW(futex_time64),
#endif
		ALLOW(getrandom),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigreturn),
		ALLOW(restart_syscall),
		ALLOW(exit),
		ALLOW(exit_group),
		DENY(openat),
		DENY(openat2),
		DENY(readlinkat),
		DENY(faccessat),
		DENY(statx),
#ifdef __NR_newfstatat
		DENY(newfstatat),
#endif
#ifdef __NR_fstatat64
		DENY(fstatat64),
#endif
#ifdef __NR_fstat
		DENY(fstat),
#endif
#ifdef __NR_open /* the architectures that are older than the calls above */
		DENY(open),
		DENY(stat),
		DENY(lstat),
		DENY(access),
		DENY(readlink),
#endif
#if SANITIZED /* in no other build */
		ALLOW(close),
		ALLOW(sched_yield),
		ALLOW(sigaltstack),
		ALLOW(rt_sigaction),
#endif
#ifdef __NR_mmap
		ALLOW_DATA(mmap),
#endif
#ifdef __NR_mmap2
		ALLOW_DATA(mmap2),
#endif
		ALLOW_DATA(mprotect),
		/* abort(3): a signal to itself, and to nobody else. */
		UNLESS(__NR_tgkill, 3),
		LOAD(ARGUMENT(0)),
		UNLESS(getpid(), 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = {sizeof(list) / sizeof(*list), list};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#else

int sandbox_filter(void)
{
	errno = ENOSYS;
	return -1;
}

#endif
