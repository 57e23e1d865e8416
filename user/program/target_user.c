// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the user, and becomes that user for good.
#include "program/target_user.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/sudo.h"

static void fill_user(struct target_user *user, const struct passwd *entry)
{
	user->drop = true;
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	snprintf(user->home, sizeof(user->home), "%s", entry->pw_dir);
	snprintf(user->shell, sizeof(user->shell), "%s", entry->pw_shell);
}

struct target_user target_user__find(bool own_workload)
{
	struct target_user user = { .drop = false };
	const struct passwd *entry = NULL;
	uid_t uid = 0;

	if (geteuid() != 0)
		return user;
	if (sudo__uid(&uid) && uid)
		entry = getpwuid(uid);
	else if (own_workload)
		entry = getpwnam("nobody");
	user.confined = own_workload;
	if (entry) {
		fill_user(&user, entry);
	} else if (uid) {
		user.drop = true;
		user.uid = uid;
		user.gid = uid;
	}
	return user;
}

/* What sudo -u USER would set (sudoers(5), "Command environment"). */
static void set_environment(const struct target_user *user)
{
	if (!user->home[0])
		return;
	setenv("HOME", user->home, 1);
	setenv("USER", user->name, 1);
	setenv("LOGNAME", user->name, 1);
	setenv("SHELL", user->shell, 1);
	unsetenv("MAIL");
}

int target_user__become(const struct target_user *user)
{
	if (!user->drop)
		return 0;
	if (user->name[0] ? initgroups(user->name, user->gid) : setgroups(0, NULL))
		return -errno;
	if (setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	if (user->confined && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	set_environment(user);
	return 0;
}
