#include <signal.h>

#include "cmd/spoolsweep/command.h"

volatile sig_atomic_t interrupted;

static void note(int number)
{
	(void)number;
	interrupted = 1;
}

void catch_interrupts(void)
{
	/* The second Ctrl-C ends the program the usual way. */
	struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}
