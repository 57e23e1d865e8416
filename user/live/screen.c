// SPDX-License-Identifier: GPL-2.0-or-later
// Takes a terminal over, reads its keys, and gives it back whatever happens.
#include "live/screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "live/draw.h"
#include "base/log.h"

/* An escape sequence comes at once; a key Esc alone is not waited for any longer. */
#define ESCAPE_MS 25

/* Those that end a program with no time to clean up. */
static const int deadly[] = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

/* Those that ncurses takes for itself, and keeps. */
static const int borrowed[] = { SIGTSTP, SIGWINCH };
#define NBORROWED (sizeof(borrowed) / sizeof(borrowed[0]))
static struct sigaction before[NBORROWED];

static FILE *terminal;
static SCREEN *screen;
static struct live_means means;

/* ttyname(3) fails in a container whose terminal comes from outside; /dev/tty may be none. */
static FILE *open_terminal(void)
{
	const char *name = ttyname(STDOUT_FILENO);
	int fd = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	FILE *file;

	if (fd < 0)
		fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r+");
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static int unsuitable(char *why, size_t size)
{
	const char *name = getenv("TERM");

	if (!name || !*name)
		snprintf(why, size, "TERM is not set: it names the kind of terminal, as in "
			 "TERM=xterm");
	else
		snprintf(why, size, "TERM is '%.60s', a terminal that is not known here or cannot "
			 "be drawn on; set it to what yours is like, as in TERM=xterm", name);
	return -ENOTSUP;
}

int live_screen__check(char *why, size_t size)
{
	int found = 0;
	bool usable;

	if (!isatty(STDOUT_FILENO)) {
		snprintf(why, size, "stdout is not a terminal, and there is nothing else to draw "
			 "on");
		return -ENOTTY;
	}
	/* No TERM makes ncurses take "unknown"; a terminal must be able to place its cursor. */
	if (!getenv("TERM") || setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return unsuitable(why, size);
	usable = cursor_address && clear_screen;
	del_curterm(cur_term);
	return usable ? 0 : unsuitable(why, size);
}

/* The program is about to end by this: the terminal first. */
static void on_deadly(int signal)
{
	endwin();
	raise(signal);
}

/* True: watch for them; false: no more. */
static void watch_deadly(bool watch)
{
	struct sigaction action = { .sa_handler = watch ? on_deadly : SIG_DFL,
				    .sa_flags = watch ? (int)SA_RESETHAND : 0 };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &action, NULL);
}

static void set_up(void)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	means = live_draw__means();
}

int live_screen__open(char *why, size_t size)
{
	static bool registered;

	setlocale(LC_CTYPE, "");
	terminal = open_terminal();
	if (!terminal) {
		int err = -errno;

		snprintf(why, size, "the terminal cannot be opened: %s", strerror(-err));
		return err;
	}
	for (size_t i = 0; i < NBORROWED; i++)
		sigaction(borrowed[i], NULL, &before[i]);
	screen = newterm(NULL, terminal, terminal);
	if (!screen) {
		fclose(terminal);
		terminal = NULL;
		return unsuitable(why, size);
	}
	log__hold();
	watch_deadly(true);
	if (!registered)
		registered = atexit(live_screen__close) == 0;
	set_up();
	return 0;
}

void live_screen__close(void)
{
	if (!screen)
		return;
	endwin();
	watch_deadly(false);
	for (size_t i = 0; i < NBORROWED; i++)
		sigaction(borrowed[i], &before[i], NULL);
	delscreen(screen);
	screen = NULL;
	fclose(terminal);
	terminal = NULL;
	setlocale(LC_CTYPE, "C");
	log__release();
}

int live_screen__keys_fd(void)
{
	return terminal ? fileno(terminal) : -1;
}

enum live_key live_screen__key(void)
{
	switch (screen ? getch() : ERR) {
	case ERR: return LIVE_KEY_NONE;
	case 'c': case 'C': return LIVE_KEY_CPU;
	case 'r': case 'R': return LIVE_KEY_READY;
	case 'w': case 'W': return LIVE_KEY_LOCK_WAIT;
	case 'b': case 'B': return LIVE_KEY_BLOCKED;
	case 'p': case 'P': case ' ': return LIVE_KEY_PAUSE;
	case 't': case 'T': return LIVE_KEY_TOTALS;
	case 'h': case 'H': case '?': return LIVE_KEY_HELP;
	case 'q': case 'Q': return LIVE_KEY_QUIT;
	case KEY_UP: case 'k': return LIVE_KEY_UP;
	case KEY_DOWN: case 'j': return LIVE_KEY_DOWN;
	case KEY_PPAGE: return LIVE_KEY_PAGE_UP;
	case KEY_NPAGE: return LIVE_KEY_PAGE_DOWN;
	case KEY_HOME: return LIVE_KEY_HOME;
	case KEY_END: return LIVE_KEY_END;
	case 'L' & 0x1f:	/* Ctrl-L: somebody else has written on the screen */
		clearok(stdscr, TRUE);
		return LIVE_KEY_REDRAW;
	case KEY_RESIZE: return LIVE_KEY_REDRAW;
	default: return LIVE_KEY_OTHER;
	}
}

size_t live_screen__page(const struct live_view *view, const struct live *live)
{
	struct live_layout layout = live_view__layout(view, live->whole.has_lock, LINES, COLS);

	return layout.thread_rows > 0 ? (size_t)layout.thread_rows : 0;
}

void live_screen__draw(const struct live_view *view, struct live *live)
{
	if (screen)
		live_draw__all(&means, view, live);
}
