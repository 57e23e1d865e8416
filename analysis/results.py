# SPDX-License-Identifier: GPL-2.0-or-later
"""results - one experiment: its files, which have to fit together, and its measured runs."""

from .folder import Missing, NotResults, Refused, line_of

COMPARING = ("slowdown", "compare")
QUESTIONS = {"slowdown": ("sequential", "threads"), "compare": ("base", "other")}
REMAKE = "`switchtax {}` of this version writes it"


class Results:
    def __init__(self, folder):
        self.folder = folder
        self.tables = {}
        self.trees = {}
        try:
            self.runs = self.csv("runs.csv")
        except Missing:
            raise NotResults("no runs.csv there: this is not a results folder of switchtax"
                             ) from None
        self.check_runs()
        self.experiment = self.runs["experiment"][0]
        self.compares = self.experiment in COMPARING
        for name in ("ledger.csv", "threads.csv", "histograms.csv", "stacks.csv"):
            self.check_run_ids(name)
        self.check_names()
        self.check_enough()
        self.base, self.other = self.question()

    def csv(self, name):
        """A table, read once; Missing if there is no such file."""
        if name not in self.tables:
            try:
                self.tables[name] = self.folder.csv(name, self.remake())
            except Missing as missing:
                self.tables[name] = missing
        if isinstance(self.tables[name], Missing):
            raise self.tables[name]
        return self.tables[name]

    def json(self, name):
        if name not in self.trees:
            try:
                self.trees[name] = self.folder.json(name, self.remake())
            except Missing as missing:
                self.trees[name] = missing
        if isinstance(self.trees[name], Missing):
            raise self.trees[name]
        return self.trees[name]

    def remake(self):
        experiment = getattr(self, "experiment", "slowdown")
        return REMAKE.format(experiment if experiment in ("compare", "trace", "attach") else "run")

    def refuse(self, name, bad, what):
        """Refuse a table for the first of its rows that is bad, if one is."""
        if bad.any():
            row = int(bad.to_numpy().argmax())
            text = self.folder.read(name, "").decode("utf-8", "replace")
            raise Refused(f"{name}:{line_of(text, row)}: {what(self.tables[name].iloc[row])}")

    def check_runs(self):
        runs = self.runs
        if runs.empty:
            raise Refused("runs.csv:1: holds no run, only its header")
        first = runs["experiment"][0]
        self.refuse("runs.csv", runs["experiment"] != first, lambda row: "a run of experiment "
                    f"'{row['experiment']}' among those of '{first}': mixed experiments; a page "
                    "shows one")
        self.refuse("runs.csv", runs["run_id"].duplicated(),
                    lambda row: f"run {row['run_id']} a second time: mixed experiments?")

    def check_run_ids(self, name):
        try:
            rows = self.csv(name)
        except Missing:
            return
        self.refuse(name, ~rows["run_id"].isin(self.runs["run_id"]), lambda row:
                    f"run {row['run_id']} is not in runs.csv: a file of another experiment?")

    def check_names(self):
        """verdict.csv, environment.json and report.json speak of the same experiment."""
        try:
            verdict = self.csv("verdict.csv")
            self.refuse("verdict.csv", verdict["experiment"] != self.experiment, lambda row:
                        f"experiment '{row['experiment']}', but runs.csv holds "
                        f"'{self.experiment}': a file of another experiment?")
        except Missing:
            pass
        for name in ("environment.json", "report.json"):
            try:
                said = self.json(name).get("experiment", self.experiment)
            except Missing:
                continue
            if said != self.experiment:
                raise Refused(f"{name}:1: experiment '{said}', but runs.csv holds "
                              f"'{self.experiment}': a file of another experiment?")

    def check_enough(self):
        runs = self.runs
        if not (runs["valid"] == 1).any():
            reason = next((text for text in runs["reason"] if text), "no reason given")
            raise Refused(f"runs.csv:2: none of the {len(runs)} runs is valid, the first: {reason}")
        if self.compares and len(self.measured) < 2:
            raise Refused(f"runs.csv:2: {len(self.measured)} valid run besides the warm-up: a "
                          "comparison needs a run of both arms in one block")

    def question(self):
        """(base, other): the arms that are compared, None where nothing is."""
        try:
            asked = self.json("report.json").get("question") or {}
            if asked.get("base") and asked.get("other"):
                return asked["base"], asked["other"]
        except Missing:
            pass
        return QUESTIONS.get(self.experiment, (None, None))

    @property
    def measured(self):
        """Valid runs that count: block 0 is warm-up."""
        runs = self.runs
        return runs[(runs["valid"] == 1) & (runs["block"] > 0)]

    @property
    def traced(self):
        return self.measured[self.measured["traced"] == 1]

    @property
    def arms(self):
        """Arms in the report's order, else in that of their names in runs.csv."""
        present = list(dict.fromkeys(self.runs["arm"]))
        try:
            ordered = [arm["arm"] for arm in self.json("report.json").get("arms") or []]
        except Missing:
            ordered = ["sequential", "interleaved", "threads-1cpu", "threads", "processes", "base",
                       "other", "other-1cpu"]
        return [arm for arm in ordered if arm in present] + \
            sorted(arm for arm in present if arm not in ordered)

    def of_traced(self, name):
        """Rows of a file that belong to measured traced runs, with the run's arm."""
        rows = self.csv(name)
        return rows.merge(self.traced[["run_id", "arm"]], on="run_id")

    def shown_run(self):
        """A traced run to look at: of OTHER, a warm-up run if it alone has a timeline."""
        runs = self.runs[(self.runs["traced"] == 1) & (self.runs["valid"] == 1)]
        if self.other:
            runs = runs[runs["arm"] == self.other]
        if runs.empty:
            raise Missing("no traced run that is valid; without --no-bpf, runs are traced")
        with_timeline = [run for run in runs["run_id"] if self.folder.has(f"{run}.timeline")]
        return with_timeline[0] if with_timeline else runs["run_id"].iloc[0]
